import { HeronryError } from '@heronry/core/error'
import { type RegistrationResponseJSON, verifyRegistrationResponse } from '@simplewebauthn/server'
import { decodeAttestationObject, decodeClientDataJSON } from '@simplewebauthn/server/helpers'
import { passkeyIdBytesMax, passkeyKeyBytesMax } from './limits.ts'

interface Expected {
  readonly rpId: string
  readonly origin: string
  readonly challenge: string
}

export interface NewCredential {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly transports: readonly string[]
}

/** COSE: ES256, EdDSA, RS256. */
export const passkeyAlgorithms = [-7, -8, -257]

/** What an authenticator has made, verified: for this community and challenge, by a person that it knows. Throws `InvalidRequest`. */
export async function readNewCredential(
  answer: unknown,
  { rpId, origin, challenge }: Expected,
): Promise<NewCredential> {
  try {
    const response = answer as RegistrationResponseJSON
    assertNoCertificate(response)
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...passkeyAlgorithms],
    })
    if (registrationInfo === undefined) throw new RangeError('The attestation does not hold')
    const { id, publicKey, counter } = registrationInfo.credential
    if (Buffer.from(id, 'base64url').length > passkeyIdBytesMax) throw new RangeError('The id is too long')
    if (publicKey.length > passkeyKeyBytesMax) throw new RangeError('The key is too long')
    return { id, publicKey, counter, transports: transportsOf(response) }
  } catch (cause) {
    throw new HeronryError('InvalidRequest', 'This is no passkey that can be used here', { cause })
  }
}

/** The challenge that an answer of either kind says it signs; an answer that says none has none. */
export function challengeOf(answer: unknown): string {
  try {
    const { clientDataJSON } = (answer as RegistrationResponseJSON).response
    const { challenge } = decodeClientDataJSON(clientDataJSON)
    return typeof challenge === 'string' ? challenge : ''
  } catch {
    return '' // It is spent by nobody, so that it is refused as any other.
  }
}

/**
 * Who made the authenticator was not asked for, and nothing depends on it. A certificate would be looked up where it says itself: at whatever address
 * a stranger has written into it.
 */
function assertNoCertificate({ response }: RegistrationResponseJSON): void {
  const decoded = decodeAttestationObject(Buffer.from(response.attestationObject, 'base64url'))
  const fmt = decoded.get('fmt')
  if (fmt === 'none') return
  if (fmt !== 'packed' || decoded.get('attStmt').get('x5c') !== undefined) {
    throw new RangeError('An attestation was not asked for')
  }
}

const known = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])

function transportsOf({ response }: RegistrationResponseJSON): string[] {
  const { transports } = response
  return Array.isArray(transports) ? [...new Set(transports)].filter((it) => known.has(it)) : []
}

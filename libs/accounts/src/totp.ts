import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { totpDigits, totpDriftSteps, totpSecretBytes, totpStepMs } from './limits.ts'

export function newTotpSecret(): Uint8Array {
  return randomBytes(totpSecretBytes)
}

/** The code of a time step: RFC 6238 with SHA-1, which is what authenticator apps know. */
export function totpCode(secret: Uint8Array, step: bigint): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(step)
  const digest = createHmac('sha1', secret).update(counter).digest()
  // RFC 4226, 5.3: the last four bits say where the number stands.
  const number = digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(number % 10 ** totpDigits).padStart(totpDigits, '0')
}

/** The time step of a moment, in ms since 1970. */
export function totpStep(now: number): bigint {
  return BigInt(Math.floor(now / totpStepMs))
}

export interface TotpTry {
  readonly code: string
  /** ms since 1970 */
  readonly now: number
  /** The step of the last code that was taken: it and all before are void, so that nobody uses a code that he has seen being used. */
  readonly lastStep: bigint | null
}

/** The step whose code it is, within the drift; undefined for a wrong or a replayed one. */
export function matchTotp(secret: Uint8Array, { code, now, lastStep }: TotpTry): bigint | undefined {
  const current = totpStep(now)
  for (let drift = -totpDriftSteps; drift <= totpDriftSteps; drift++) {
    const step = current + BigInt(drift)
    if (lastStep !== null && step <= lastStep) continue
    if (isSame(totpCode(secret, step), code)) return step
  }
  return undefined
}

/** What an authenticator app reads, from a picture of it mostly: otpauth://totp/… as Google Authenticator has defined it. */
export function totpUri({
  secret,
  issuer,
  account,
}: {
  secret: string
  issuer: string
  account: string
}): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const query = [
    `secret=${secret}`,
    `issuer=${encodeURIComponent(issuer)}`,
    `algorithm=SHA1&digits=${totpDigits}&period=${totpStepMs / 1000}`,
  ]
  return `otpauth://totp/${label}?${query.join('&')}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 base32; the secret's length needs no padding. */
export function base32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return bits.replaceAll(/.{5}/g, (five) => alphabet[Number.parseInt(five, 2)] ?? '')
}

function isSame(right: string, given: string): boolean {
  const [one, other] = [Buffer.from(right), Buffer.from(given)]
  return one.length === other.length && timingSafeEqual(one, other)
}

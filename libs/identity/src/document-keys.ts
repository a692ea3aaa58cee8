import { formatDidKey, multibaseToBytes, parseMultikey } from '@atproto/crypto'
import type { DidDocument } from './did-document.ts'

/** The key that a document names under `#atproto` (or another fragment), as a did:key; undefined where it names none that can be read. */
export function documentKey(document: DidDocument, fragment = 'atproto'): string | undefined {
  const method = named(document['verificationMethod'], { document, fragment })
  const { type, publicKeyMultibase: key } = method ?? {}
  if (typeof type !== 'string' || typeof key !== 'string' || key.length > keyLengthMax) return undefined
  try {
    if (type === 'Multikey') {
      const { jwtAlg, keyBytes } = parseMultikey(key)
      return formatDidKey(jwtAlg, keyBytes)
    }
    const algorithm = legacyTypes[type]
    return algorithm && formatDidKey(algorithm, multibaseToBytes(key))
  } catch {
    return undefined // Not a key: what a stranger has written there is not ours to complain of.
  }
}

/** Where the document says that the repo is served (`#atproto_pds`); undefined where it does not. */
export function documentPds(document: DidDocument): string | undefined {
  const service = named(document['service'], { document, fragment: 'atproto_pds' })
  if (service?.['type'] !== 'AtprotoPersonalDataServer') return undefined
  const endpoint = service['serviceEndpoint']
  return typeof endpoint === 'string' ? endpoint : undefined
}

/** The origin of a service that the document names by `id`, whatever its type; undefined where it names none over http(s). */
export function documentService(
  document: DidDocument,
  id: string,
): { type: unknown; origin: string } | undefined {
  const service = named(document['service'], { document, fragment: id })
  const endpoint = service?.['serviceEndpoint']
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return undefined
  const { protocol, origin } = new URL(endpoint)
  return /^https?:$/.test(protocol) ? { type: service?.['type'], origin } : undefined
}

/** An uncompressed key of 65 bytes has 90 characters. */
const keyLengthMax = 200

/** Types from before Multikey, whose bytes say nothing of their curve (https://atproto.com/specs/did). */
const legacyTypes: Record<string, string> = {
  EcdsaSecp256k1VerificationKey2019: 'ES256K',
  EcdsaSecp256r1VerificationKey2019: 'ES256',
}

/** The first entry of a list with that id, written with the DID or without. */
function named(list: unknown, { document, fragment }: { document: DidDocument; fragment: string }) {
  if (!Array.isArray(list)) return undefined
  const ids = [`#${fragment}`, `${document.id}#${fragment}`]
  return list.find(
    (entry): entry is Record<string, unknown> =>
      typeof entry === 'object' && entry !== null && ids.includes((entry as { id?: string }).id ?? ''),
  )
}

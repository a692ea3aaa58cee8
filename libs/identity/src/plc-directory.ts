import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { type DidDocument, parseDidDocument } from './did-document.ts'
import type { HttpAnswer, HttpFetch } from './http-fetch.ts'
import { parseJsonObject, parseJsonObjects } from './json.ts'
import type { PlcSigned } from './plc-operation.ts'

export type PlcDirectory = ReturnType<typeof createPlcDirectory>

export interface PlcDirectoryOptions {
  /** The directory's origin, which the operator chose: it may be inside. */
  url: string
  fetch: HttpFetch
}

/**
 * The directory of did:plc (https://web.plc.directory/spec/v0.1/did-plc). It answers for itself: what it refuses is
 * `InvalidRequest` with its own words, what it cannot do is `UpstreamFailure`. Nothing is tried twice here.
 */
export function createPlcDirectory({ url, fetch }: PlcDirectoryOptions) {
  const origin = url.replace(/\/+$/, '')
  const path = (did: Did, rest = '') => `${origin}/${encodeURIComponent(did)}${rest}`

  return {
    /** Submits an operation. A time-out leaves it unknown whether the operation has landed. */
    async submit(did: Did, operation: PlcSigned): Promise<void> {
      assertAnswered(await fetch({ url: path(did), method: 'POST', json: operation }))
    },

    /** The newest operation, or null for a DID that the directory has never heard of. */
    async lastOperation(did: Did): Promise<PlcSigned | null> {
      const answer = await fetch({ url: path(did, '/log/last') })
      if (answer.status === 404) return null
      assertAnswered(answer)
      return parseJsonObject(answer.body, `The operation of ${did}`) as unknown as PlcSigned
    },

    /** All operations that hold, the oldest first; none for a DID that the directory has never heard of. */
    async log(did: Did): Promise<PlcSigned[]> {
      const answer = await fetch({ url: path(did, '/log') })
      if (answer.status === 404) return []
      assertAnswered(answer)
      return parseJsonObjects(answer.body, `The log of ${did}`) as unknown as PlcSigned[]
    },

    /** The DID document, or null for a DID that is unknown or has ended. */
    async document(did: Did): Promise<DidDocument | null> {
      const answer = await fetch({ url: path(did) })
      if (answer.status === 404 || answer.status === 410) return null
      assertAnswered(answer)
      return parseDidDocument(did, answer.body)
    },
  }
}

function assertAnswered({ status, body }: HttpAnswer): void {
  if (status >= 200 && status < 300) return
  const code = status >= 400 && status < 500 ? 'InvalidRequest' : 'UpstreamFailure'
  throw new HeronryError(code, messageOf(body) ?? 'Unable to perform PLC operation')
}

function messageOf(body: Buffer): string | undefined {
  try {
    const { message } = parseJsonObject(body, 'The answer of the PLC directory')
    return typeof message === 'string' ? message.slice(0, 500) : undefined
  } catch {
    return undefined // It did not say why in a way that can be passed on.
  }
}

import type { IncomingHttpHeaders } from 'node:http'

/** An answer that is not streamed. */
export interface Collected {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it came, coded or not. */
  readonly body: Buffer
}

/** Collects a body of at most `bytesMax`. */
export class CollectedBody {
  readonly #head: Omit<Collected, 'body'>
  readonly #bytesMax: number
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(head: Omit<Collected, 'body'>, bytesMax: number) {
    this.#head = head
    this.#bytesMax = bytesMax
  }

  /** False where there are too many bytes. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    this.#chunks.push(chunk)
    return this.#bytes <= this.#bytesMax
  }

  end(): Collected {
    return { ...this.#head, body: Buffer.concat(this.#chunks) }
  }
}

export function isJson({ 'content-type': type = '' }: IncomingHttpHeaders): boolean {
  return /^application\/([^;]+\+)?json\s*(;|$)/i.test(type)
}

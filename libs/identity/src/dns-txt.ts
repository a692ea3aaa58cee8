import { Resolver } from 'node:dns/promises'
import { dnsTries } from './limits.ts'

/** The TXT records of a name, each with its pieces put together; none where nobody answers. */
export type DnsTxt = (name: string) => Promise<string[]>

export interface DnsTxtOptions {
  /** `address` or `address:port` each; left out: those of the system. */
  servers?: readonly string[] | undefined
  /** For all servers and tries together. */
  timeoutMs: number
}

/**
 * Asks name servers. A server that fails says as little as one that has no record: both are no answer, and whoever asks goes on to
 * another source. The protocol itself bounds what an answer may hold (64 KiB).
 */
export function createDnsTxt({ servers, timeoutMs }: DnsTxtOptions): DnsTxt {
  return async (name) => {
    // One for each question: only so can this question be given up and no other.
    const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / dnsTries), tries: dnsTries })
    if (servers !== undefined) resolver.setServers(servers)
    const deadline = setTimeout(() => resolver.cancel(), timeoutMs)
    try {
      const records = await resolver.resolveTxt(name)
      return records.map((pieces) => pieces.join(''))
    } catch {
      return [] // See above: another source is asked.
    } finally {
      clearTimeout(deadline)
    }
  }
}

import { randomInt } from 'node:crypto'
import { isFree } from '@heronry/launcher/ports.mjs'

/** Below the ports that systems give to outgoing connections: a server needs seconds before it listens, and may be restarted. */
const range = { from: 20_000, below: 30_000 }

export async function serverPort(): Promise<number> {
  for (;;) {
    const port = randomInt(range.from, range.below)
    if (await isFree(port)) return port
  }
}

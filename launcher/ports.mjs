import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What a house killed a moment ago may still need to let go of its port. */
const releaseMaxMs = 10_000

/** @returns {Promise<number>} a port of 127.0.0.1 that nobody listens on now */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port')
  return address.port
}

/**
 * Resolves when nobody listens on the port; throws with what to do when somebody goes on doing so.
 *
 * @param {{ port: number, purpose: string, variable: string }} port
 */
export async function waitForPort({ port, purpose, variable }) {
  const deadline = Date.now() + releaseMaxMs
  for (let told = false; !(await isFree(port)); ) {
    if (Date.now() > deadline) {
      throw new Error(
        `Port ${port}, wanted for ${purpose}, is taken by another program. Stop that program, or choose another port: ${variable}=${port + 1000}`,
      )
    }
    if (!told) console.log(`Port ${port} is taken; waiting for it…`)
    told = true
    await delay(100)
  }
}

/** Also where another program listens on the loopback alone. @param {number} port */
export async function isFree(port) {
  return (await canListen({ port, host: '127.0.0.1' })) && (await canListen({ port }))
}

/** @param {import('node:net').ListenOptions} address */
async function canListen(address) {
  const server = createServer()
  try {
    server.listen(address)
    await once(server, 'listening')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}

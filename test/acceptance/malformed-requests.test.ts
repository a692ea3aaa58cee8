import { createConnection } from 'node:net'
import { expect, test } from 'vitest'
import { fiveServices, oneProcess } from './house-kinds.ts'
import { malformedRequests } from './malformed/malformed-requests.ts'
import { signUp } from './person.ts'

const soaks = process.env['HERONRY_SOAK'] === '1'
const seed = soaks ? Date.now() : 20_261_121
const count = soaks ? 50_000 : 1_000
const atOnce = 16
const answerMaxMs = 10_000

test.each([oneProcess, fiveServices])(
  `whatever is wrong with a request, $name answers it, and never as a fault of ours (seed ${seed})`,
  async (kind) => {
    await using house = await kind.start()
    const { agent, did, handle, email, password } = await signUp(house.url)
    const { accessJwt = '', refreshJwt = '' } = agent.session ?? {}
    const { host, port } = new URL(house.url)
    const { adminPassword } = house
    const known = { host, did, handle, email, password, adminPassword, accessJwt, refreshJwt }
    const requests = malformedRequests(known, { seed, count })
    const statuses = new Map<string, number>()
    const askInTurn = async () => {
      for (let bytes = requests.pop(); bytes !== undefined; bytes = requests.pop()) {
        const answer = await exchange(Number(port), bytes)
        const [, status = 'none'] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? []
        if (!/^[1-4]/.test(status) && !proxyRefusal.test(answer))
          throw new Error(`${bytes.toString('latin1')}\n\nwas answered\n\n${answer}`)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, askInTurn))
    // They went as far as handlers, and were not all turned away at the door.
    for (const status of ['200', '400', '401', '415']) expect(statuses.get(status), status).toBeGreaterThan(2)
    expect(house.output()).not.toMatch(/"level":[56]0|"stack"/)
  },
)

/** Of a transfer coding that it does not know, as RFC 9112 §6.1 asks: such a request never reaches the house. */
const proxyRefusal = /^HTTP\/1\.1 501 Not Implemented\r\nServer: nginx\r\n/

/** All that comes back until the house closes the connection; rejects when it lets nobody know. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection(port, 'localhost', () => socket.write(bytes))
    socket.setTimeout(answerMaxMs, () =>
      socket.destroy(new Error(`No end of an answer to ${bytes.toString('latin1')}`)),
    )
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.on('close', () => resolve(answer))
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)))
  })
}

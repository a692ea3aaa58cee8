import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Where an SMTP server may misbehave, in order; `content` is the mail's end. */
export const stages = ['greeting', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'content'] as const

export type Stage = (typeof stages)[number]

const good: Record<Stage, string> = {
  greeting: '220 scripted ESMTP',
  EHLO: '250-scripted\r\n250 AUTH PLAIN',
  AUTH: '235 2.7.0 welcome',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  content: '250 2.0.0 taken',
}

/** A server that says at one stage what the test says (`drop`: nothing, and it goes away), and else what a good one does. */
export async function scriptedSmtp(stage: Stage, reply: string) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const say = (at: Stage) => {
      const said = at === stage ? reply : good[at]
      if (said === 'drop') socket.destroy()
      else socket.write(`${said}\r\n`)
    }
    converse(socket, say)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `smtp://user:password@127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function converse(socket: Socket, say: (stage: Stage) => void): void {
  let [read, isContent] = ['', false]
  socket.on('error', () => {})
  socket.setEncoding('utf8').on('data', (text: string) => {
    read += text
    for (;;) {
      const end = isContent ? read.indexOf('\r\n.\r\n') : read.indexOf('\r\n')
      if (end === -1) return
      const verb = isContent ? 'content' : read.slice(0, 4).toUpperCase()
      read = read.slice(end + (isContent ? 5 : 2))
      isContent = verb === 'DATA'
      // A server that takes no EHLO takes no HELO either.
      const stage = stages.find((it) => it === (verb === 'HELO' ? 'EHLO' : verb))
      if (stage !== undefined) say(stage)
      else socket.write(verb === 'QUIT' || verb === 'RSET' ? '250 ok\r\n' : '502 5.5.1 unknown\r\n')
    }
  })
  say('greeting')
}

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'

/** A real SMTP server on a free port of 127.0.0.1 that keeps what it is given. */
export interface SmtpSink extends AsyncDisposable {
  /** smtp://127.0.0.1:… */
  readonly url: string
  readonly port: number
  /** Recipients so far, refused or not, in order. */
  readonly asked: readonly string[]
  readonly mails: readonly ReceivedMail[]
  /** Every recipient so far, once all of `expected` are among them; rejects after `deadlineMs`. */
  waitForRecipients(expected: readonly string[], deadlineMs: number): Promise<string[]>
}

export interface ReceivedMail extends Email {
  readonly recipients: readonly string[]
  /** As they came over the wire. */
  readonly bytes: Buffer
}

/** How it misbehaves; left out: not at all. */
export interface SmtpSinkOptions {
  /** Default: any that is free. */
  readonly port?: number
  /** The SMTP status, or the whole reply, with which a mail to this address is refused; undefined accepts it. */
  readonly refuse?: (recipient: string) => number | string | undefined
  /** A mail that has been read, and kept, is answered when this resolves. */
  readonly beforeReply?: (mail: ReceivedMail) => Promise<void>
  /** Whether the connection ends where the answer to a mail that was kept should come. */
  readonly dropAfterData?: (mail: ReceivedMail) => boolean
}

export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const { refuse = () => undefined } = options
  const mails: ReceivedMail[] = []
  const asked: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onRcptTo: ({ address }, _session, callback) => {
      asked.push(address)
      callback(refusal(refuse(address)))
    },
    onData: (stream, session, callback) => {
      const drop = () => {
        for (const connection of server.connections) {
          if (connection.session.id === session.id) connection.close()
        }
      }
      receive({ ...options, keep: (mail) => mails.push(mail), drop }, { stream, session }).then(
        (isAnswered) => isAnswered && callback(),
        callback,
      )
    },
  })
  // A client that goes away while it waits for its answer.
  server.on('error', () => {})
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const recipients = () => mails.flatMap((mail) => mail.recipients)
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    asked,
    mails,
    async waitForRecipients(expected, deadlineMs) {
      const deadline = Date.now() + deadlineMs
      while (!expected.every((address) => recipients().includes(address))) {
        if (Date.now() > deadline) throw new Error(`Only ${recipients().length} mails have arrived`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return recipients()
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

interface Receiving extends SmtpSinkOptions {
  readonly keep: (mail: ReceivedMail) => void
  readonly drop: () => void
}

/** False where there will be no answer. */
async function receive(
  { keep, drop, beforeReply, dropAfterData }: Receiving,
  { stream, session }: { stream: SMTPServerDataStream; session: SMTPServerSession },
): Promise<boolean> {
  const bytes = Buffer.concat(await stream.toArray())
  const email = await PostalMime.parse(bytes)
  const mail = { ...email, bytes, recipients: session.envelope.rcptTo.map(({ address }) => address) }
  keep(mail)
  if (dropAfterData?.(mail)) {
    drop()
    return false
  }
  await beforeReply?.(mail)
  return true
}

function refusal(reply: number | string | undefined): Error | null {
  if (reply === undefined) return null
  const [responseCode, message] =
    typeof reply === 'number' ? [reply, 'refused'] : [Number(reply.slice(0, 3)), reply.slice(4)]
  return Object.assign(new Error(message), { responseCode })
}

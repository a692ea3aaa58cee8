import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A real SMTP server on a free port of 127.0.0.1 that keeps what it is given. */
export interface SmtpSink extends AsyncDisposable {
  /** smtp://127.0.0.1:… */
  readonly url: string
  readonly mails: readonly ReceivedMail[]
  /** Every recipient so far, once all of `expected` are among them; rejects after `deadlineMs`. */
  waitForRecipients(expected: readonly string[], deadlineMs: number): Promise<string[]>
}

export interface ReceivedMail extends Email {
  readonly recipients: readonly string[]
}

export interface SmtpSinkOptions {
  /** The SMTP status with which a mail to this address is refused; undefined accepts it. */
  readonly refuse?: (recipient: string) => number | undefined
}

export async function startSmtpSink({ refuse = () => undefined }: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, callback) => callback(refusal(refuse(address))),
    onData: receive((mail) => mails.push(mail)),
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const recipients = () => mails.flatMap((mail) => mail.recipients)
  return {
    url: `smtp://127.0.0.1:${port}`,
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

function receive(keep: (mail: ReceivedMail) => void): NonNullable<SMTPServerOptions['onData']> {
  return async (stream, { envelope }, callback) => {
    try {
      const bytes = Buffer.concat(await stream.toArray())
      const email = await PostalMime.parse(bytes)
      keep({ ...email, recipients: envelope.rcptTo.map(({ address }) => address) })
      callback()
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

function refusal(status: number | undefined): Error | null {
  return status === undefined ? null : Object.assign(new Error('refused'), { responseCode: status })
}

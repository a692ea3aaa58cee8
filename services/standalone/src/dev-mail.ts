import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import { mailPage, mailPagePolicy } from './dev-mail-page.ts'
import { type CapturedMail, openMailFolder } from './mail-folder.ts'

/** Mail on a laptop: an SMTP server that delivers nothing and shows everything. */
export interface DevMail extends AsyncDisposable {
  /** smtp://127.0.0.1:… */
  readonly smtpUrl: string
  /** `/dev/mail` and `/dev/mail.json`, newest first. */
  readonly routes: FastifyPluginAsync
}

/** Keeps each mail as a JSON file in `folder`; acknowledged once the file is there. */
export async function startDevMail({ folder }: { folder: string }): Promise<DevMail> {
  const mails = await openMailFolder(folder)
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, callback) => {
      capture(stream)
        .then(mails.add)
        .then(() => callback(), callback)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    smtpUrl: `smtp://127.0.0.1:${port}`,
    routes: async (app) => {
      app.get('/dev/mail.json', async () => mails.newestFirst())
      app.get('/dev/mail', async (_request, reply) =>
        reply
          .headers({ 'content-security-policy': mailPagePolicy, 'content-type': 'text/html; charset=utf-8' })
          .send(mailPage(await mails.newestFirst())),
      )
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

async function capture(stream: SMTPServerDataStream): Promise<CapturedMail> {
  const { from, to, subject, text } = await PostalMime.parse(Buffer.concat(await stream.toArray()))
  return {
    at: new Date().toISOString(),
    from: from?.address ?? '',
    to: to?.map(({ address }) => address ?? '') ?? [],
    subject: subject ?? '',
    text: text ?? '',
  }
}

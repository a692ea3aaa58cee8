import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'rolldown'

/** An app without a server of its own: what is served are files, and all that it knows stays in the browser. */
export interface AppInBrowser extends AsyncDisposable {
  readonly url: string
  /** What the server of the files was asked for. */
  readonly asked: readonly string[]
}

export async function startAppInBrowser({
  house,
  plcUrl,
}: {
  house: string
  plcUrl: string
}): Promise<AppInBrowser> {
  const script = await bundled(join(import.meta.dirname, 'app-page.ts'))
  const page = `<!doctype html><html lang="en" data-house="${house}" data-plc="${plcUrl}"><title>App</title>
<link rel="icon" href="data:,"><h1>App</h1><script type="module" src="/app.js"></script></html>`
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const [type, body] = url === '/app.js' ? ['text/javascript', script] : ['text/html', page]
    response.setHeader('content-type', `${type}; charset=utf-8`).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections()
    },
  }
}

async function bundled(input: string): Promise<string> {
  const { output } = await build({ input, platform: 'browser', write: false, logLevel: 'silent' })
  return output[0].code
}

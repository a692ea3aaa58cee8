import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.ts'
import { root } from './compose-file.ts'

const folderInImage = join(root, 'infra/proxy')

export interface NginxOptions {
  port: number
  /** The ports of each upstream on 127.0.0.1. */
  upstreams: Readonly<Record<string, readonly number[]>>
}

/**
 * A real nginx with the configuration of the proxy's container. Changed are addresses alone: where it listens, where services are
 * (a container asks Docker's name server), and where it keeps its own files.
 */
export async function startNginx(
  options: NginxOptions,
): Promise<AsyncDisposable & { readonly output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-nginx-'))
  // Its workers are somebody else when the test run is root.
  await chmod(folder, 0o755)
  for (const name of (await readdir(folderInImage)).filter((it) => it.endsWith('.conf'))) {
    const text = await readFile(join(folderInImage, name), 'utf8')
    await writeFile(join(folder, name), readdressed(text, { ...options, folder }))
  }
  const nginx = new Child({
    name: 'nginx',
    command: ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'],
    // Where Debian keeps it, on a path that not everybody has.
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
    readyUrl: `http://localhost:${options.port}/xrpc/_health`,
  })
  const dispose = async () => {
    await nginx.stop()
    await rm(folder, { recursive: true, force: true })
  }
  await nginx.start().catch(async (error) => {
    await dispose()
    throw error
  })
  return {
    get output() {
      return nginx.output
    },
    [Symbol.asyncDispose]: dispose,
  }
}

function readdressed(text: string, { folder, port, upstreams }: NginxOptions & { folder: string }): string {
  return text
    .replace('listen 8080 default_server', `listen ${port} default_server`)
    .replace(/^ *resolver .*$/m, '')
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll(/server (\w+):\d+ resolve ([^;]*);/g, (_whole, name, options) =>
      (upstreams[name] ?? []).map((it) => `server 127.0.0.1:${it} ${options};`).join(' '),
    )
}

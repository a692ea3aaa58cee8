import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from './free-ports.ts'
import { signedHeaders } from './signed-headers.ts'

/** OpenStack Swift with its S3 interface on 127.0.0.1: an S3 server that somebody else wrote. */
export interface Swift extends AsyncDisposable {
  /** http://127.0.0.1:… */
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  createBucket(name: string): Promise<void>
}

const startMaxMs = 60_000
const [tenant, user, secretAccessKey] = ['test', 'heron', 'swift-secret']

/**
 * Needs the packages `swift-proxy swift-account swift-container swift-object` (Debian), and extended attributes on the file system of the
 * folder for temporary files.
 */
export async function startSwift(): Promise<Swift> {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-swift-'))
  const [account, container, object, proxy] = (await freePorts(4)) as [number, number, number, number]
  await mkdir(join(folder, 'devices', 'd'), { recursive: true })
  const configurations = {
    account: storageServer({ folder, port: account, name: 'account' }),
    container: storageServer({ folder, port: container, name: 'container' }),
    object: storageServer({ folder, port: object, name: 'object' }),
    proxy: proxyServer({ folder, port: proxy }),
  }
  for (const [name, text] of Object.entries(configurations)) {
    await writeFile(join(folder, `${name}.conf`), text)
  }
  const ports = [account, container, object]
  const node = spawn(
    '/usr/bin/python3',
    [join(import.meta.dirname, 'swift-node.py'), folder, ...ports.map(String)],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  const stop = async () => {
    node.stdin.end()
    if (node.exitCode === null) await once(node, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
  await untilAccepting(node, [...ports, proxy]).catch(async (error) => {
    await stop()
    throw error
  })
  const endpoint = `http://127.0.0.1:${proxy}`
  const accessKeyId = `${tenant}:${user}`
  return {
    ...{ endpoint, accessKeyId, secretAccessKey },
    async createBucket(name) {
      const url = `${endpoint}/${name}`
      const headers = signedHeaders({ method: 'PUT', url, accessKeyId, secretAccessKey })
      const { status } = await fetch(url, { method: 'PUT', headers })
      if (status !== 200) throw new Error(`Swift made no bucket: ${status}`)
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function untilAccepting(node: ChildProcess, ports: readonly number[]): Promise<void> {
  const output: Buffer[] = []
  for (const stream of [node.stdout, node.stderr]) stream?.on('data', (chunk) => output.push(chunk))
  const failed = once(node, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => {})
  const deadline = Date.now() + startMaxMs
  for (const port of ports) {
    while (!(await Promise.race([accepts(port), failed]))) {
      if (Date.now() > deadline || node.exitCode !== null) {
        throw new Error(
          `Swift did not start (apt-get install swift-proxy swift-account swift-container swift-object)\n${Buffer.concat(output)}`,
        )
      }
      await delay(20)
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy())
    socket.once('error', () => resolve(false)).once('close', (failed) => resolve(!failed))
  })
}

/** What all servers are told. Without workers each of them is one process. */
function common({ folder, port }: { folder: string; port: number }): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
workers = 0
log_level = WARNING
`
}

function storageServer({ folder, port, name }: { folder: string; port: number; name: string }): string {
  return `${common({ folder, port })}devices = ${join(folder, 'devices')}
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`
}

function proxyServer(server: { folder: string; port: number }): string {
  return `${common(server)}
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
# s3api wants one, and does not mind that nobody is there.
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_${tenant}_${user} = ${secretAccessKey} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
`
}

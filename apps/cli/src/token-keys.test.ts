import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { runCli } from './cli.ts'
import { tokenKeyKeptMs } from './limits.ts'
import { publicTokenKeys, rotateTokenKeys, type TokenKey } from './token-keys.ts'

const first = rotateTokenKeys([]).keys

test('a new key signs, and those before verify until nothing lives that they have signed', () => {
  const then = Date.parse('2026-01-31T12:00:00Z')
  const second = rotateTokenKeys(first, then)
  expect(second.keys.map(({ kid }) => kid)).toEqual([expect.any(String), first[0]?.kid])
  const early = rotateTokenKeys(second.keys, then + tokenKeyKeptMs - 1)
  expect(early.keys.map(({ kid }) => kid).slice(1)).toEqual(second.keys.map(({ kid }) => kid))
  const late = rotateTokenKeys(second.keys, then + tokenKeyKeptMs)
  expect(late.keys.map(({ kid }) => kid).slice(1)).toEqual([second.keys[0]?.kid])
  expect(late.dropped).toEqual([first[0]?.kid])
})

test('what is published has no private part', () => {
  const [published] = publicTokenKeys(first)
  expect(published).toMatchObject({ kty: 'EC', crv: 'P-256', kid: first[0]?.kid })
  expect(published).not.toHaveProperty('d')
})

test('`heronry keys rotate` prints both variables, or keeps the keys of a data folder', async () => {
  const tokenKeys = JSON.stringify({ keys: first })
  const printed = await run(['keys', 'rotate', '--json'], { HERONRY_TOKEN_KEYS: tokenKeys })
  const variables = JSON.parse(printed.text) as Record<string, string>
  const kids = (text = '') => (JSON.parse(text) as { keys: TokenKey[] }).keys.map(({ kid }) => kid)
  expect(kids(variables['HERONRY_TOKEN_KEYS'])).toEqual(kids(variables['HERONRY_TOKEN_JWKS']))
  const folder = await mkdtemp(join(tmpdir(), 'heronry-keys-'))
  const path = join(folder, 'secrets.json')
  await writeFile(path, JSON.stringify({ kek: 'as it was', tokenKeys }))
  expect((await run(['keys', 'rotate', '--data-dir', folder], {})).code).toBe(0)
  const kept = JSON.parse(await readFile(path, 'utf8')) as { kek: string; tokenKeys: string }
  expect(kept.kek).toBe('as it was')
  expect(kids(kept.tokenKeys)).toEqual([expect.any(String), first[0]?.kid])
  expect((await run(['keys', 'rotate'], {})).code).toBe(2)
})

async function run(args: string[], env: Record<string, string>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const chunks: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const terminal = { env, stdin: Readable.from([]), stdout, stderr } as unknown as Parameters<
    typeof runCli
  >[0]
  const code = await runCli(terminal, args)
  return { code, text: Buffer.concat(chunks).toString() }
}

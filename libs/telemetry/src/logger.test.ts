import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLogger, systemLogger } from './logger.ts'

function loggedBy(enabled: boolean, write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  write(createLogger({ service: 'api', level: 'info', enabled, destination }))
  return lines.join('')
}

test('a log line holds neither passwords, tokens, addresses nor job payloads', () => {
  const text = loggedBy(true, (logger) => {
    logger.info({ password: 'hunter2', req: { authorization: 'Bearer hunter2' } }, 'signed in')
    logger.info({ job: { payload: 'hunter2' }, account: { email: 'hunter2@example.com' } }, 'job done')
    const child = logger.child({ email: 'hunter2', of: { token: 'hunter2' } })
    child.child({ cookie: 'hunter2' }).info({ reason: Object.assign(new Error(), { record: 'hunter2' }) })
  })
  expect(text.match(/\[redacted\]/g)).toHaveLength(8)
  expect(text).toContain('"service":"api"')
  expect(text).toContain('signed in')
  expect(text).not.toContain('hunter2')
})

test('of an error its message, place, code and causes are told, and nothing else that stands on it', () => {
  const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(hunter2)' })
  const error = Object.assign(new Error('not stored', { cause }), { config: { headers: 'hunter2' } })
  const text = loggedBy(true, (logger) => logger.error({ err: error }, 'failed'))
  expect(JSON.parse(text).err).toMatchObject({
    type: 'Error',
    message: 'not stored',
    stack: expect.stringContaining('logger.test.ts'),
    cause: { message: 'duplicate key', code: '23505' },
  })
  expect(text).not.toContain('hunter2')
})

test('a disabled log writes nothing', () => {
  expect(loggedBy(false, (logger) => logger.error('unheard'))).toBe('')
})

test('a part of the house is heard where it is named, or nothing is', () => {
  for (const [systems, heard] of [
    [undefined, ['api', 'email']],
    [['email', 'jobs'], ['email']],
  ] as const) {
    const text = loggedBy(true, (logger) => {
      for (const system of ['api', 'email']) systemLogger(logger, { system, systems }).info(`from ${system}`)
      logger.info('from the house')
    })
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg)
    expect(lines).toEqual([...heard.map((system) => `from ${system}`), 'from the house'])
  }
})

test('lines are added to a file that is named, and its folder is made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heronry-log-'))
  const destination = join(folder, 'of', 'today.log')
  for (const word of ['first', 'second']) {
    createLogger({ service: 'api', level: 'info', enabled: true, destination }).info(word)
    await nextTurn()
  }
  expect(readFileSync(destination, 'utf8')).toMatch(/first.*\n.*second.*\n$/)
  rmSync(folder, { recursive: true })
})

test('an error is written at once, and all that was said before it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heronry-log-'))
  const destination = join(folder, 'today.log')
  const logger = createLogger({ service: 'api', level: 'info', enabled: true, destination })
  logger.info('before')
  logger.child({ part: 'jobs' }).error('failed')
  expect(readFileSync(destination, 'utf8')).toMatch(/before.*\n.*failed.*\n$/)
  rmSync(folder, { recursive: true })
})

test.each([
  ['is ended', 'process.exit(3)'],
  ['fails', 'throw new Error()'],
  ['has nothing more to do', ''],
])('a process that %s has written what it said in its last turn', (_, end) => {
  const source = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))}
    const logger = createLogger({ service: 'api', level: 'info', enabled: true })
    for (let n = 0; n < 1000; n++) logger.info({ n }, 'said')
    ${end}`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' })
  expect(stdout.trim().split('\n')).toHaveLength(1000)
})

test('a file that cannot be opened is an error at once', () => {
  const options = { service: 'api', level: 'info', enabled: true } as const
  expect(() => createLogger({ ...options, destination: '/dev/null/no' })).toThrow()
})

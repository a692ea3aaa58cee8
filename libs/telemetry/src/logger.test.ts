import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

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
  })
  expect(text).toContain('"service":"api"')
  expect(text).toContain('signed in')
  expect(text).not.toContain('hunter2')
})

test('a disabled log writes nothing', () => {
  expect(loggedBy(false, (logger) => logger.error('unheard'))).toBe('')
})

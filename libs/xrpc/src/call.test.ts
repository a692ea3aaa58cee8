import { com } from '@heronry/lexicons/generated/index'
import { createLogger } from '@heronry/telemetry/logger'
import { expect, test } from 'vitest'
import { callOf } from './call.ts'

const reply = { raw: { destroyed: true, writableFinished: false } }
const known = { params: {}, input: undefined, auth: undefined, community: {}, req: { id: 'id' }, reply }

function call(schema: unknown, lines: string[] = []) {
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ service: 'test', level: 'info', enabled: true, destination })
  return callOf(known as never, { schema, logger } as never)
}

test('the rest of a call has its logger and its signal', () => {
  const lines: string[] = []
  const { params: _, ...rest } = call(com.atproto.repo.getRecord.main, lines)
  rest.log.info('told')
  expect(JSON.parse(lines.join(''))).toMatchObject({ requestId: 'id', nsid: 'com.atproto.repo.getRecord' })
  expect(rest.signal.aborted).toBe(true)
})

test('the signal of a query is aborted for a client that has gone already, that of a procedure never', () => {
  const query = call(com.atproto.repo.getRecord.main)
  expect(query.signal.aborted).toBe(true)
  expect(query.signal).toBe(query.signal)
  expect(call(com.atproto.repo.createRecord.main).signal.aborted).toBe(false)
})

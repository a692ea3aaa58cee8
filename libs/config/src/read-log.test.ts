import { expect, test } from 'vitest'
import { EnvironmentReader } from './environment-reader.ts'
import { readLog } from './read-log.ts'

function read(environment: Record<string, string>) {
  const reader = new EnvironmentReader({})
  return { log: readLog(reader, environment), problems: reader.problems, warnings: reader.warnings }
}

test('there is no log unless it is wanted; then all of it goes to standard output', () => {
  const nothing = { enabled: false, level: 'info', systems: undefined, destination: undefined }
  expect(read({}).log).toEqual(nothing)
  expect(read({ LOG_LEVEL: '', LOG_SYSTEMS: '', LOG_DESTINATION: '', LOG_ENABLED: '' }).log).toEqual(nothing)
})

test.each([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['0', false],
  ['yes', false],
])('LOG_ENABLED=%s means %s, as in the reference', (text, enabled) =>
  expect(read({ LOG_ENABLED: text }).log.enabled).toBe(enabled),
)

test('an unknown level is a problem', () => {
  expect(read({ LOG_LEVEL: 'loud' }).problems).toEqual([expect.stringContaining('LOG_LEVEL')])
  expect(read({ LOG_LEVEL: 'trace' })).toMatchObject({ problems: [], log: { level: 'trace' } })
})

test('systems are separated by any number of commas and spaces', () => {
  const systems = ['api', 'email', 'jobs', 'http']
  expect(read({ LOG_SYSTEMS: 'api,email, jobs http' })).toMatchObject({ warnings: [], log: { systems } })
})

test('systems that are not ours are warned of, and a list of none but them silences nothing', () => {
  expect(read({ LOG_SYSTEMS: 'pds,xrpc-server' })).toMatchObject({
    warnings: [expect.stringContaining('pds, xrpc-server')],
    log: { systems: undefined },
  })
  expect(read({ LOG_SYSTEMS: 'pds,api' })).toMatchObject({
    warnings: [expect.stringContaining('no pds;')],
    log: { systems: ['api'] },
  })
})

test('a destination is a file', () => {
  expect(read({ LOG_DESTINATION: '/var/log/pds.log' }).log.destination).toBe('/var/log/pds.log')
})

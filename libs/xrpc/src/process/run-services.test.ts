import { once } from 'node:events'
import type { Service } from '@heronry/core/service'
import { createLogger } from '@heronry/telemetry/logger'
import { expect, test } from 'vitest'
import { runServices } from './run-services.ts'

const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
const patient: Service = {
  name: 'patient',
  run: async (signal) => {
    if (!signal.aborted) await once(signal, 'abort')
  },
}

test('services run until they are told to stop', async () => {
  const stop = new AbortController()
  const running = runServices([patient, patient], { signal: stop.signal, logger })
  stop.abort()
  await expect(running).resolves.toBeUndefined()
})

test.each([
  ['fails', () => Promise.reject(new Error('no more fish')), 'no more fish'],
  ['ends', () => Promise.resolve(), 'hasty ended'],
])('a service that %s stops the others', async (_how, run, message) => {
  const services = [patient, { name: 'hasty', run }]
  const running = runServices(services, { signal: new AbortController().signal, logger })
  await expect(running).rejects.toThrow(message)
})

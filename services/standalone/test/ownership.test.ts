import { globSync } from 'node:fs'
import { join } from 'node:path'
import { ownerOf } from '@heronry/xrpc/ownership'
import { expect, test } from 'vitest'

const services = join(import.meta.dirname, '../..')
const methods = globSync('*/src/xrpc/**/*.ts', { cwd: services }).map((file) => {
  const [service = '', , , ...names] = file.replace(/\.ts$/, '').split('/')
  return { service, nsid: names.join('.') }
})

test('every method lives in the service that owns it, and in no other', () => {
  expect(methods.length).toBeGreaterThan(30)
  expect(methods.filter(({ service, nsid }) => ownerOf(nsid) !== service)).toEqual([])
  expect(new Set(methods.map(({ nsid }) => nsid)).size).toBe(methods.length)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compatibilityPage, type Difference } from './compatibility-page.ts'
import { conformanceCases } from './conformance-cases.ts'
import { echoMethods } from './echo-methods.ts'
import { type ReferenceServer, startReference } from './reference-server.ts'
import { type Answer, type Asked, request } from './request.ts'
import { type RunningServer, startServer } from './start-server.ts'

let ours: RunningServer
let theirs: ReferenceServer
beforeAll(async () => {
  ours = await startServer({ methods: echoMethods })
  theirs = await startReference()
})
afterAll(async () => {
  await ours?.[Symbol.asyncDispose]()
  await theirs?.[Symbol.asyncDispose]()
})

const cases = Object.values(conformanceCases).flat()

const ask = async (asked: Asked) => Promise.all([request(ours.port, asked), request(theirs.port, asked)])

describe('the same request is answered as the reference answers it', () => {
  test.each(cases.filter(({ differs }) => differs === undefined))('$name', async ({ asked }) => {
    const [our, their] = await ask(asked)
    expect(told(our)).toEqual(told(their))
  })
})

describe('a difference from the reference is one that is meant', () => {
  test.each(cases.filter(({ differs }) => differs !== undefined))('$name', async (it) => {
    const [our, their] = await ask(it.asked)
    expect(told(our)).not.toEqual(told(their))
    expect(our.status).toBe(it.differs?.status ?? their.status)
    expect((our.json as { error?: string } | undefined)?.error).toBe(it.differs?.error)
  })
})

test('docs/compatibility.md says what was measured', async () => {
  const differences: Difference[] = []
  for (const { name, asked, differs } of cases) {
    if (differs === undefined) continue
    const [our, their] = await ask(asked)
    differences.push({ name, asked, differs, our, their })
  }
  const page = compatibilityPage(conformanceCases, differences)
  await expect(page).toMatchFileSnapshot('../../../docs/compatibility.md')
})

test('the table has at least 150 requests, each of a name of its own in its group', () => {
  expect(cases.length).toBeGreaterThanOrEqual(150)
  for (const group of Object.values(conformanceCases)) {
    expect(new Set(group.map(({ name }) => name)).size).toBe(group.length)
  }
})

/** What a client can tell: status, body, the type and coding of what is not an empty body. */
function told({ status, json, text, headers }: Answer) {
  const type = text === '' ? undefined : headers['content-type']
  const variesByEncoding = String(headers['vary'] ?? '').includes('Accept-Encoding')
  const coding = headers['content-encoding']
  return { status, type, coding, variesByEncoding, body: json ?? text, own: headers['x-own'] }
}

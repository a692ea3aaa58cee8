import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LimitCase, limitCases, limitedMethods, limits } from './limit-cases.ts'
import { type ReferenceServer, startLimitedReference } from './limited-reference.ts'
import { request } from './request.ts'
import { type RunningServer, startServer } from './start-server.ts'

let ours: RunningServer
let theirs: ReferenceServer
beforeAll(async () => {
  ours = await startServer({ methods: limitedMethods, rateLimits: limits })
  theirs = await startLimitedReference()
})
afterAll(async () => {
  await ours?.[Symbol.asyncDispose]()
  await theirs?.[Symbol.asyncDispose]()
})

test.each(limitCases)('$name is counted as the reference counts it', async ({ requests }) => {
  const answers = [await answersOf(ours.port, requests), await answersOf(theirs.port, requests)]
  expect(answers[0]).toEqual(answers[1])
})

async function answersOf(port: number, requests: LimitCase['requests']) {
  const answers = []
  for (const asked of requests) {
    const { status, json, headers } = await request(port, asked)
    const reset = Number(headers['ratelimit-reset'])
    answers.push({
      status,
      json,
      limit: headers['ratelimit-limit'],
      remaining: headers['ratelimit-remaining'],
      policy: headers['ratelimit-policy'],
      resetsWithinItsWindow: reset >= Date.now() / 1000 - 1 && reset <= Date.now() / 1000 + 60,
      retries: headers['retry-after'] !== undefined,
    })
  }
  return answers
}

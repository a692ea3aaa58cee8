import { openDoor } from '@heronry/testing/door'
import { testRedis } from '@heronry/testing/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { heldCode, loopbackId } from './oauth-by-hand.ts'
import { type Member, newMember, TestBrowser } from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'

let opened: AsyncDisposableStack
let house: OAuthHouse
let redis: Awaited<ReturnType<typeof testRedis>>
let who: Member
let database: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  redis = opened.use(await testRedis())
  const ground = opened.use(
    await houseGround({ HERONRY_REDIS_URL: redis.url, PDS_RATE_LIMITS_ENABLED: 'true' }),
  )
  database = await openDoor(ground.database.url)
  opened.defer(() => database[Symbol.dispose]())
  house = opened.use(await oauthHouse(ground, { databaseUrl: database.url }))
  who = await newMember(house.herons)
})
afterAll(() => opened.disposeAsync())

test('without Redis members sign in, and apps get and renew their tokens', async () => {
  redis.shut()
  try {
    const { redeem, refreshWith } = await heldCode(house.herons, who)
    const redeemed = await redeem()
    expect(redeemed.status).toBe(200)
    expect((await refreshWith(redeemed.json['refresh_token'] ?? '')).status).toBe(200)
  } finally {
    redis.open()
  }
})

test('without Postgres the answer is 503, and when it is back every session goes on', async () => {
  const { redeem, refreshWith } = await heldCode(house.herons, who)
  const first = (await redeem()).json['refresh_token'] ?? ''
  database.shut()
  const browser = new TestBrowser()
  const answers = await Promise.all([
    refreshWith(first),
    browser.open(`${house.herons}/account`),
    browser.open(
      `${house.herons}/oauth/authorize?${new URLSearchParams({ client_id: loopbackId, request_uri: 'urn:ietf:params:oauth:request_uri:req-00000000000000000000000000000000' })}`,
    ),
  ])
  database.open()
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
  expect((await refreshWith(first)).status).toBe(200)
})

import { l } from '@atproto/lex'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { method } from '../src/method.ts'
import type { ServerRateLimits } from '../src/rate-limit.ts'
import type { Asked } from './request.ts'

/** Requests one after the other, whose answers are compared; no two cases share a counter but the global one. */
export interface LimitCase {
  readonly name: string
  readonly requests: readonly Asked[]
}

const minuteMs = 60_000
const params = l.params({ key: l.optional(l.string()), points: l.optional(l.integer()) })
const query = (name: string) => l.query(`test.heronry.${name}`, params, l.jsonPayload({}))

/** The same limits, for both servers. */
export const lexicons = {
  free: query('free'),
  own: query('own'),
  two: query('two'),
  share: query('share'),
  shareToo: query('shareToo'),
  keyed: query('keyed'),
  weighed: query('weighed'),
  fails: query('fails'),
  refused: query('refused'),
  checked: query('checked'),
}
export const ownLimit = { limit: 2, windowMs: minuteMs }
export const twoLimits = [
  { limit: 5, windowMs: minuteMs },
  { limit: 1, windowMs: 30_000 },
]
export const globalLimit = { name: 'all', limit: 1_000, windowMs: minuteMs }
export const sharedLimit = { name: 'both', limit: 3, windowMs: minuteMs }

export const limits: ServerRateLimits = {
  global: [globalLimit],
  shared: [sharedLimit],
  bypass: ({ headers }) => headers['x-ratelimit-bypass'] === 'key',
}

export const fail = (): never => {
  throw new InvalidRequestError('No such thing', 'RecordNotFound')
}

export const refuse = async (): Promise<never> => fail()

const nothing = () => ({ body: {} })

export const limitedMethods = [
  method(lexicons.free, { handler: nothing }),
  method(lexicons.own, { rateLimit: ownLimit, handler: nothing }),
  method(lexicons.two, { rateLimit: twoLimits, handler: nothing }),
  method(lexicons.share, { rateLimit: { shared: 'both' }, handler: nothing }),
  method(lexicons.shareToo, { rateLimit: { shared: 'both', points: () => 2 }, handler: nothing }),
  method(lexicons.keyed, {
    rateLimit: { ...ownLimit, key: ({ params }) => params.key ?? null },
    handler: nothing,
  }),
  method(lexicons.weighed, {
    rateLimit: { ...ownLimit, points: ({ params }) => params.points ?? 1 },
    handler: nothing,
  }),
  method(lexicons.fails, { rateLimit: ownLimit, handler: fail }),
  method(lexicons.refused, { auth: refuse, rateLimit: ownLimit, handler: nothing }),
  method(lexicons.checked, { rateLimit: ownLimit, handler: nothing }),
]

const asked = (path: string, headers: Record<string, string> = {}): Asked => ({
  path: `/xrpc/test.heronry.${path}`,
  headers,
})
const times = (count: number, path: string, headers?: Record<string, string>) =>
  Array.from({ length: count }, () => asked(path, headers))

export const limitCases: LimitCase[] = [
  { name: 'a call without limits of its own', requests: times(2, 'free') },
  { name: 'a method at its limit and past it', requests: times(4, 'own') },
  { name: 'the tighter of two limits', requests: times(3, 'two') },
  {
    name: 'a share in a common limit',
    requests: [asked('share'), asked('shareToo'), asked('share'), asked('shareToo')],
  },
  {
    name: 'a key of its own, or none',
    requests: [...times(3, 'keyed?key=a'), asked('keyed?key=b'), ...times(3, 'keyed')],
  },
  {
    name: 'points, also none and more than there are',
    requests: ['0', '2', '0', '1', '5'].map((points) => asked(`weighed?points=${points}`)),
  },
  { name: 'a call that fails', requests: times(3, 'fails') },
  { name: 'a caller who is refused', requests: times(4, 'refused') },
  { name: 'a call with bad params', requests: [...times(3, 'checked?points=x'), ...times(3, 'checked')] },
  { name: 'a call that goes around the limits', requests: times(4, 'own', { 'x-ratelimit-bypass': 'key' }) },
  { name: 'a wrong key', requests: times(1, 'own', { 'x-ratelimit-bypass': 'kez' }) },
  { name: 'a method nobody has', requests: times(2, 'unknown') },
  { name: 'HEAD of a query', requests: [{ ...asked('free'), method: 'HEAD' }] },
]

import { l } from '@atproto/lex'

/** Lexicons of one kind each, which both servers of the conformance run implement alike. */
const params = l.params({
  text: l.optional(l.string({ maxLength: 10 })),
  did: l.optional(l.string({ format: 'did' })),
  number: l.optional(l.withDefault(l.integer({ minimum: 1, maximum: 100 }), 50)),
  flag: l.optional(l.boolean()),
  list: l.optional(l.array(l.string(), { maxLength: 3 })),
})

const anything = l.jsonPayload({ got: l.lexMap() })

export const query = l.query('test.heronry.query', params, anything)
export const required = l.query('test.heronry.required', l.params({ text: l.string() }), anything)
export const secret = l.query('test.heronry.secret', params, anything)
export const fails = l.query('test.heronry.fails', l.params({ how: l.string() }), anything)
export const bytes = l.query('test.heronry.bytes', l.params({}), l.payload('*/*'))
export const stream = l.query('test.heronry.stream', l.params({}), l.payload('application/vnd.ipld.car'))

export const large = l.query('test.heronry.large', l.params({ size: l.integer() }), anything)
export const page = l.query('test.heronry.page', l.params({ type: l.string() }), l.payload('*/*'))

export const json = l.procedure(
  'test.heronry.json',
  params,
  l.jsonPayload({
    name: l.string({ maxLength: 10 }),
    count: l.optional(l.integer()),
    link: l.optional(l.cid()),
    bytes: l.optional(l.bytes()),
    value: l.optional(l.lexMap()),
  }),
  anything,
)
export const optional = l.procedure(
  'test.heronry.optional',
  l.params({}),
  l.jsonPayload({ name: l.optional(l.string()) }),
  anything,
)
export const secretJson = l.procedure(
  'test.heronry.secretJson',
  params,
  l.jsonPayload({ name: l.string() }),
  anything,
)
export const blob = l.procedure('test.heronry.blob', l.params({}), l.payload('*/*'), anything)
export const image = l.procedure('test.heronry.image', l.params({}), l.payload('image/*'), anything)
export const car = l.procedure(
  'test.heronry.car',
  l.params({}),
  l.payload('application/vnd.ipld.car'),
  anything,
)
export const text = l.procedure('test.heronry.text', l.params({}), l.payload('text/plain'), anything)
export const nothing = l.procedure('test.heronry.nothing', l.params({}), l.payload(), l.payload())

export const blobBytesMax = 2_000

import type { Chance } from '../chance.ts'
import type { Known } from './draft.ts'

export const cid = 'bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae'
export const rawCid = 'bafkreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae'
export const rev = '3l3qo2vuowo2b'
export const collection = 'app.bsky.feed.post'

/** `value` with something in it, at any depth, missing, added or put in the place of another. */
export function withOddValue(value: unknown, chance: Chance, known: Known): unknown {
  if (typeof value !== 'object' || value === null) return oddValue(chance, known)
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
  const names = Object.keys(value)
  if (names.length === 0 || chance.maybe(0.1)) {
    copy[oddName(chance)] = oddValue(chance, known)
    return copy
  }
  const name = chance.one(names)
  if (chance.maybe(0.1)) delete copy[name]
  else copy[name] = withOddValue(copy[name], chance, known)
  return copy
}

export function oddName(chance: Chance): string {
  return chance.one([
    '',
    '\u0000',
    '\ud800',
    'x'.repeat(300),
    ...words('__proto__ constructor $type did rkey limit cursor'),
  ])
}

export function oddValue(chance: Chance, known: Known): unknown {
  return chance.one([oddText, oddText, oddNumber, oddShape, oddIdentifier, oddCid, oddBlob])(chance, known)
}

function oddText(chance: Chance): string {
  if (chance.maybe(0.1)) return chance.text(chance.below(40))
  if (chance.maybe(0.1)) return 'x'.repeat(chance.one([11, 255, 513, 3001, 20_000]))
  return chance.one(['', ' ', '\u0000', 'a\u0000b', '\ud800', '\u202e', '🦩', ...oddTexts])
}

const oddTexts =
  words(`'; % %00 %25%30 _% \\ .. . / // - : ~ * self true 0 -0 1e3 9007199254740993 99999999999999999999
  -9223372036854775809 NaN Infinity 2026-13-45T00:00:00Z 0000-00-00 ${rev} 3zzzzzzzzzzzz zzzzzzzzzzzzz 222222222222 a..b xn-- .test
  a.test. Ä.test ::1 1:: 1:2:3 {"a":1} [object did: did:web: did:web:%00 did:plc:% at:// com.atproto`)

function oddNumber(chance: Chance): number {
  return chance.one([0, -1, 1.5, 1e308, 2 ** 53, 2 ** 63, -(2 ** 31) - 1, 101, 1001])
}

function oddShape(chance: Chance, { did }: Known): unknown {
  const few = [null, true, false, {}, [], [[]], [null], [did, did]]
  return chance.one([...few, { $link: 'x' }, { $bytes: '?' }, { $type: 7 }, { $type: 'blob' }])
}

function oddIdentifier(chance: Chance, { did, handle }: Known): string {
  const near = [did.toUpperCase(), `${did}x`, `at://${did}`, `@${handle}`, `did:web:${handle}`]
  return chance.one([did, handle, ...near, 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'])
}

function oddCid(chance: Chance): string {
  return chance.one([cid, rawCid, cid.slice(0, -1), cid.toUpperCase(), `Qm${'a'.repeat(44)}`, `z${cid}`])
}

function oddBlob(chance: Chance): object {
  const blob = { $type: 'blob', ref: { $link: rawCid }, mimeType: 'image/png' }
  return { ...blob, size: chance.one([0, -1, 7, 1e15]), ...(chance.maybe(0.5) && { more: 1 }) }
}

function words(text: string): string[] {
  return text.split(/\s+/)
}

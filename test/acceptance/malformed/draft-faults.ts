import { gzipSync } from 'node:zlib'
import type { Chance } from '../chance.ts'
import { authorization, type Draft, type DraftFault, type Known } from './draft.ts'
import { oddName, oddValue } from './odd-values.ts'

/** What may be wrong with a request besides its values. */
export const draftFaults: readonly DraftFault[] = [
  otherVerb,
  strangePath,
  otherPath,
  moreParams,
  repeatedParam,
  otherCredentials,
  otherType,
  otherCoding,
  packedBody,
  strangeHeader,
  otherBody,
  spoiltBody,
  (draft) => {
    draft.body = undefined
  },
]

function otherVerb(draft: Draft, chance: Chance): void {
  draft.verb = chance.one('GET POST HEAD PUT PATCH DELETE OPTIONS TRACE PROPFIND get'.split(' '))
}

function strangePath(draft: Draft, chance: Chance): void {
  const odd = '/ // % %00 %2f %ff .. /.. . # ? ~ ;a=b \\ é'.split(' ')
  const at = chance.below(draft.path.length + 1)
  const inserted = chance.one([' ', '\t', 'x'.repeat(300), ...odd])
  draft.path = draft.path.slice(0, at) + inserted + draft.path.slice(at)
}

function otherPath(draft: Draft, chance: Chance): void {
  const { path } = draft
  const near = [path.toUpperCase(), path.slice(0, -1), path.slice(1), `${path}/`, `http://x${path}`]
  draft.path = chance.one([...near, '*', ''])
}

function moreParams(draft: Draft, chance: Chance, known: Known): void {
  draft.query.push([oddName(chance), String(oddValue(chance, known))])
}

function repeatedParam(draft: Draft, chance: Chance): void {
  const [name, value] = draft.query.find(() => chance.maybe(0.5)) ?? ['limit', '1']
  draft.query.push([name, value], [`${name}[]`, value])
}

function otherCredentials(draft: Draft, chance: Chance, known: Known): void {
  const odd =
    '|Bearer|Bearer |Bearer x|Bearer a.b.c|Bearer a b|Basic|Basic x|Basic YWRtaW4=|DPoP x|Digest x|ÿ'
  const others = (['access', 'refresh', 'admin'] as const).map((kind) => authorization(known, kind))
  setHeader(draft, 'Authorization', chance.one([...odd.split('|'), ...others]))
}

function otherType(draft: Draft, chance: Chance): void {
  const odd = `| |x|/|a/|/b|a/b|text/plain|application/json; charset=utf-16|application/json;charset|*/*|image/*|ÿ/ÿ
    |application/json, text/plain|multipart/form-data|application/x-www-form-urlencoded|application/vnd.ipld.car
    |APPLICATION/JSON|application/octet-stream`
  setHeader(draft, 'Content-Type', chance.one(odd.split(/\n? *\|/)))
}

function otherCoding(draft: Draft, chance: Chance): void {
  const codings = 'gzip|br|deflate|identity|gzip,gzip|gzip, br, gzip|zstd|,|x|*'
  setHeader(draft, 'Content-Encoding', chance.one(codings.split('|')))
}

/** Often cut short. */
function packedBody(draft: Draft, chance: Chance): void {
  setHeader(draft, 'Content-Encoding', 'gzip')
  const packed = gzipSync(draft.body ?? '')
  draft.body = chance.maybe(0.5) ? packed : packed.subarray(0, chance.below(packed.length))
}

function strangeHeader(draft: Draft, chance: Chance): void {
  const value = chance.maybe(0.05) ? 'x'.repeat(2000) : chance.one(oddHeaders)
  draft.headers.push([chance.one(headerNames), value])
}

const headerNames =
  `Range If-None-Match If-Range Accept-Encoding Accept Origin Cookie traceparent tracestate X-Forwarded-For
  X-Forwarded-Proto DPoP Expect Upgrade Connection Atproto-Proxy X-Ratelimit-Bypass Access-Control-Request-Headers
  Content-Length Transfer-Encoding Host`.split(/\s+/)

const oddHeaders =
  `|0|-1|1|10|*|,|;|=|""|W/"x"|a=b; c|null|bytes=0-|bytes=-1|bytes=9-1|bytes=0-0,2-3|bytes=99999999999999999999-
  |gzip;q=0|br;q=x|gzip;q=2|websocket|Upgrade|100-continue|close|chunked|gzip, chunked|127.0.0.1|::1|[::1]|1.2.3.4, evil|é
  |00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01|00-0-0-0|did:web:x#y|did:web:api.bsky.app#bsky_appview
  |https://evil.example|evil.example|a.test`.split(/\n? *\|/)

function otherBody(draft: Draft, chance: Chance): void {
  const odd = `{|null|"x"|[]|{}|{"a":|[1,2|{"__proto__":{"a":1}}|1e999|{"a":"\\ud800"}|\u0000|\ufeff{}|`
  draft.body = Buffer.from(chance.one(odd.split('|')))
}

function spoiltBody(draft: Draft, chance: Chance): void {
  const bytes = Buffer.from(draft.body ?? Buffer.alloc(8))
  for (let flips = 1 + chance.below(4); flips > 0 && bytes.length > 0; flips--) {
    bytes[chance.below(bytes.length)] = chance.below(256)
  }
  draft.body = bytes
}

function setHeader(draft: Draft, name: string, value: string): void {
  draft.headers = draft.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase())
  draft.headers.push([name, value])
}

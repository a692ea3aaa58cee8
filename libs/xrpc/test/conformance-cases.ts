import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { blob, type ConformanceCase, get, good, json, name, named, post } from './conformance-case.ts'
import * as echo from './echo-lexicons.ts'
import { encodingCases } from './encoding-cases.ts'
import { moreCases } from './more-cases.ts'

const paramCases: ConformanceCase[] = [
  get('no params', 'test.heronry.query'),
  get('a text', 'test.heronry.query?text=abc'),
  get('an empty text', 'test.heronry.query?text='),
  get('a text too long', 'test.heronry.query?text=12345678901'),
  get('a text twice', 'test.heronry.query?text=a&text=b'),
  get('an encoded text', 'test.heronry.query?text=%C3%A9%20%2B'),
  get('a plus', 'test.heronry.query?text=a+b'),
  get('a bad encoding', 'test.heronry.query?text=%zz'),
  get('a DID', 'test.heronry.query?did=did:web:a.example'),
  get('no DID', 'test.heronry.query?did=heron'),
  get('a number', 'test.heronry.query?number=7'),
  get('a number at its limit', 'test.heronry.query?number=100'),
  get('a number past its limit', 'test.heronry.query?number=101'),
  get('a number below', 'test.heronry.query?number=0'),
  get('a negative number', 'test.heronry.query?number=-1'),
  get('a fraction', 'test.heronry.query?number=1.5'),
  get('a number in words', 'test.heronry.query?number=seven'),
  get('a number past 2^53', 'test.heronry.query?number=99999999999999999999'),
  get('a hex number', 'test.heronry.query?number=0x10'),
  get('a true flag', 'test.heronry.query?flag=true'),
  get('a false flag', 'test.heronry.query?flag=false'),
  get('a flag in numbers', 'test.heronry.query?flag=1'),
  get('a list', 'test.heronry.query?list=a&list=b&list=c'),
  get('a list of one', 'test.heronry.query?list=a'),
  get('a list too long', 'test.heronry.query?list=a&list=b&list=c&list=d'),
  get('a missing param', 'test.heronry.required'),
  get('an unknown param', 'test.heronry.required?text=a'),
  get('a fragment of a query', 'test.heronry.query?&&text=a&'),
  get(
    'a prototype',
    'test.heronry.query?__proto__=a',
    {},
    { why: 'the reference tells of an object that is no object', error: 'InvalidRequest' },
  ),
]

const pathCases: ConformanceCase[] = [
  get('a slash at the end', 'test.heronry.query/?text=a'),
  get('HEAD of a query', 'test.heronry.query', { method: 'HEAD' }),
  get('HEAD of a procedure', 'test.heronry.json', { method: 'HEAD' }),
  get('GET of a procedure', 'test.heronry.json'),
  post('POST of a query', 'test.heronry.query', {}),
  get(
    'PUT of a procedure',
    'test.heronry.json',
    { method: 'PUT' },
    {
      why: 'the reference takes any verb but GET and POST for a method it does not have',
      status: 400,
      error: 'InvalidRequest',
    },
  ),
  get('an unknown method', 'test.heronry.unknown'),
  post('an unknown procedure', 'test.heronry.unknown', { headers: json, body: '{}' }),
  get('an unknown method with credentials', 'test.heronry.unknown', { headers: good }),
  get(
    'a method in another case',
    'test.heronry.QUERY',
    {},
    {
      why: 'NSIDs are case-sensitive, and a proxy that routes by name could not follow',
      status: 401,
      error: 'AuthMissing',
    },
  ),
  get('no NSID', 'bad..nsid'),
  get('an NSID with a dash first', '-bad.nsid'),
  get('an empty path', ''),
  get('a path below', 'test.heronry.query/more'),
  get('an encoded path', 'test%2Eheronry.query2'),
  get('a name of one character', 'a'),
]

const authCases: ConformanceCase[] = [
  get('no credentials', 'test.heronry.secret'),
  get('bad credentials', 'test.heronry.secret', { headers: { authorization: 'Bearer bad' } }),
  get('good credentials', 'test.heronry.secret', { headers: good }),
  get('bad params before no credentials', 'test.heronry.secret?number=0'),
  post('no credentials before a bad body', 'test.heronry.secretJson', { headers: json, body: '{' }),
  post('no credentials before no body', 'test.heronry.secretJson', {}),
  post('credentials and a body', 'test.heronry.secretJson', { headers: { ...json, ...good }, body: named }),
]

const jsonCases: ConformanceCase[] = [
  post('a body', 'test.heronry.json', { headers: json, body: named }),
  post('a body with a charset', 'test.heronry.json', {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: named,
  }),
  post('a chunked body', 'test.heronry.json', { headers: json, body: named, chunked: true }),
  post('no body', 'test.heronry.json', { headers: json }),
  post('no body, length 0', 'test.heronry.json', { headers: json, body: '' }),
  post('no body where none of it is required', 'test.heronry.optional', { headers: json, body: '' }),
  post('an empty chunked body', 'test.heronry.optional', { headers: json, body: '', chunked: true }),
  post('no content type', 'test.heronry.json', { body: named }),
  post('another content type', 'test.heronry.json', {
    headers: { 'content-type': 'text/plain' },
    body: named,
  }),
  post('half a content type', 'test.heronry.json', {
    headers: { 'content-type': 'application/' },
    body: named,
  }),
  post(
    'a content type in capitals',
    'test.heronry.json',
    { headers: { 'content-type': 'Application/JSON' }, body: named },
    {
      why: 'media types are not case-sensitive (RFC 9110 §8.3.1)',
      status: 200,
    },
  ),
  post('broken JSON', 'test.heronry.json', { headers: json, body: '{"name":' }, name('InvalidRequest')),
  post('a JSON text', 'test.heronry.json', { headers: json, body: '"heron"' }, name('InvalidRequest')),
  post('JSON null', 'test.heronry.json', { headers: json, body: 'null' }, name('InvalidRequest')),
  post('a JSON list', 'test.heronry.json', { headers: json, body: '[]' }),
  post('a missing field', 'test.heronry.json', { headers: json, body: '{}' }),
  post('a field of another kind', 'test.heronry.json', { headers: json, body: '{"name":7}' }),
  post('a field too long', 'test.heronry.json', { headers: json, body: '{"name":"12345678901"}' }),
  post('a fraction', 'test.heronry.json', { headers: json, body: '{"name":"a","count":1.5}' }),
  post('an unknown field', 'test.heronry.json', { headers: json, body: '{"name":"a","more":1}' }),
  post('a prototype', 'test.heronry.json', { headers: json, body: '{"name":"a","__proto__":{"x":1}}' }),
  post('a link', 'test.heronry.json', {
    headers: json,
    body: '{"name":"a","link":{"$link":"bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae"}}',
  }),
  post('no link', 'test.heronry.json', { headers: json, body: '{"name":"a","link":{"$link":"x"}}' }),
  post('bytes', 'test.heronry.json', { headers: json, body: '{"name":"a","bytes":{"$bytes":"aGVyb24"}}' }),
  post('a value', 'test.heronry.json', {
    headers: json,
    body: '{"name":"a","value":{"b":[1,null,{"c":"d"}]}}',
  }),
  post('bad params before a bad body', 'test.heronry.json?number=0', { headers: json, body: '{' }),
  post(
    'JSON too long',
    'test.heronry.json',
    { headers: json, body: `{"name":"${'a'.repeat(153_600)}"}` },
    name('PayloadTooLarge'),
  ),
  post(
    'chunked JSON too long',
    'test.heronry.json',
    { headers: json, body: `{"name":"${'a'.repeat(153_600)}"}`, chunked: true },
    name('PayloadTooLarge'),
  ),
  post('gzip', 'test.heronry.json', {
    headers: { ...json, 'content-encoding': 'gzip' },
    body: gzipSync(named),
  }),
  post('deflate', 'test.heronry.json', {
    headers: { ...json, 'content-encoding': 'deflate' },
    body: deflateSync(named),
  }),
  post(
    'br',
    'test.heronry.json',
    { headers: { ...json, 'content-encoding': 'br' }, body: brotliCompressSync(named) },
    { why: 'the same codings for every kind of body', status: 200 },
  ),
  post('identity', 'test.heronry.json', {
    headers: { ...json, 'content-encoding': 'identity' },
    body: named,
  }),
  post(
    'an unknown coding',
    'test.heronry.json',
    { headers: { ...json, 'content-encoding': 'compress' }, body: named },
    name('UnsupportedMediaType'),
  ),
  post(
    'gzip too long once decoded',
    'test.heronry.json',
    {
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync(`{"name":"${'a'.repeat(153_600)}"}`),
    },
    name('PayloadTooLarge'),
  ),
  post(
    'no gzip',
    'test.heronry.json',
    { headers: { ...json, 'content-encoding': 'gzip' }, body: named },
    name('InvalidRequest'),
  ),
  post(
    'bytes that are no UTF-8',
    'test.heronry.json',
    { headers: json, body: Buffer.from('{"name":"\xff"}', 'latin1') },
    {
      why: 'the reference replaces what it cannot read; a name must not become another',
      status: 400,
      error: 'InvalidRequest',
    },
  ),
  post(
    'an escaped NUL',
    'test.heronry.json',
    { headers: json, body: '{"name":"a\\u0000"}' },
    {
      why: 'Postgres has no text with NUL',
      status: 400,
      error: 'InvalidRequest',
    },
  ),
  post(
    'UTF-16',
    'test.heronry.json',
    {
      headers: { 'content-type': 'application/json; charset=utf-16le' },
      body: Buffer.from(named, 'utf16le'),
    },
    { why: 'JSON between systems is UTF-8 (RFC 8259 §8.1)', status: 415, error: 'UnsupportedMediaType' },
  ),
  post(
    'an unknown charset',
    'test.heronry.json',
    {
      headers: { 'content-type': 'application/json; charset=klingon' },
      body: named,
    },
    name('UnsupportedMediaType'),
  ),
]

const rawCases: ConformanceCase[] = [
  post('a blob', 'test.heronry.blob', { headers: blob, body: Buffer.alloc(100) }),
  post('a blob that says it is JSON', 'test.heronry.blob', { headers: json, body: '{broken' }),
  post('a blob of no bytes', 'test.heronry.blob', { headers: blob, body: '' }),
  post('no blob', 'test.heronry.blob', { headers: blob }),
  post('a blob of no type', 'test.heronry.blob', { body: 'x' }),
  post('a blob at its limit', 'test.heronry.blob', { headers: blob, body: Buffer.alloc(echo.blobBytesMax) }),
  post('a blob past its limit', 'test.heronry.blob', {
    headers: blob,
    body: Buffer.alloc(echo.blobBytesMax + 1),
  }),
  post('a chunked blob past its limit', 'test.heronry.blob', {
    headers: blob,
    body: Buffer.alloc(echo.blobBytesMax + 1),
    chunked: true,
  }),
  post('a gzipped blob', 'test.heronry.blob', {
    headers: { ...blob, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(1000)),
  }),
  post('a gzipped blob past its limit', 'test.heronry.blob', {
    headers: { ...blob, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(echo.blobBytesMax + 1)),
  }),
  post('a blob in two codings', 'test.heronry.blob', {
    headers: { ...blob, 'content-encoding': 'gzip, br' },
    body: brotliCompressSync(gzipSync(Buffer.alloc(1000))),
  }),
  post('a blob of an unknown coding', 'test.heronry.blob', {
    headers: { ...blob, 'content-encoding': 'zstd2' },
    body: 'x',
  }),
  post('an image', 'test.heronry.image', { headers: { 'content-type': 'image/png' }, body: 'x' }),
  post('an image that is text', 'test.heronry.image', {
    headers: { 'content-type': 'text/plain' },
    body: 'x',
  }),
  post('a CAR', 'test.heronry.car', { headers: { 'content-type': 'application/vnd.ipld.car' }, body: 'x' }),
  post('a CAR of another type', 'test.heronry.car', { headers: blob, body: 'x' }),
  post('text', 'test.heronry.text', { headers: { 'content-type': 'text/plain' }, body: 'héron' }),
  post('text at its limit', 'test.heronry.text', {
    headers: { 'content-type': 'text/plain' },
    body: 'x'.repeat(102_400),
  }),
  post(
    'text too long',
    'test.heronry.text',
    { headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(102_401) },
    name('PayloadTooLarge'),
  ),
  post('nothing', 'test.heronry.nothing', {}),
  post('nothing, length 0', 'test.heronry.nothing', { body: '' }),
  post('nothing, chunked', 'test.heronry.nothing', { body: '', chunked: true }),
  post('nothing, of a type', 'test.heronry.nothing', { headers: json, body: '' }),
  post('something where nothing is expected', 'test.heronry.nothing', { headers: json, body: '{}' }),
  post('something chunked where nothing is expected', 'test.heronry.nothing', {
    headers: json,
    body: '{}',
    chunked: true,
  }),
  get('a query with a body', 'test.heronry.query', { headers: json, body: '{}' }),
]

const answerCases: ConformanceCase[] = [
  get('bytes', 'test.heronry.bytes'),
  get('a stream', 'test.heronry.stream'),
  get('HEAD of bytes', 'test.heronry.bytes', { method: 'HEAD' }),
  get('HEAD of a stream', 'test.heronry.stream', { method: 'HEAD' }),
  get('a named error', 'test.heronry.fails?how=named'),
  get('a forbidden one', 'test.heronry.fails?how=forbidden'),
  get('a fault', 'test.heronry.fails?how=fault'),
]

/** One table by what a request is about; `docs/compatibility.md` is written from it. */
export const conformanceCases: Record<string, readonly ConformanceCase[]> = {
  Params: [...paramCases, ...moreCases.params],
  'Paths and verbs': [...pathCases, ...moreCases.paths],
  Credentials: [...authCases, ...moreCases.credentials],
  'JSON bodies': [...jsonCases, ...moreCases.json],
  'Other bodies': [...rawCases, ...moreCases.raw],
  Answers: [...answerCases, ...moreCases.answers],
  'Compressed answers': encodingCases,
}

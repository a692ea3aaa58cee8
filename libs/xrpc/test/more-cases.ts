import { gzipSync } from 'node:zlib'
import { blob, type ConformanceCase, charset, get, good, json, named, post } from './conformance-case.ts'

/** As with PUT. */
const verb = {
  why: 'the reference takes any verb but GET and POST for a method it does not have',
  status: 400,
  error: 'InvalidRequest',
}

const undeclared = { why: 'a handler gets what its lexicon declares, and nothing else' }

const bodies = (text: string) => ({ headers: json, body: text })

const params: ConformanceCase[] = [
  get('a text at its limit', 'test.heronry.query?text=1234567890'),
  get('a text of long letters', 'test.heronry.query?text=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9'),
  get('a name without a value', 'test.heronry.query?text'),
  get('a value without a name', 'test.heronry.query?=a', {}, undeclared),
  get('an equals sign in a value', 'test.heronry.query?text=a=b'),
  get('an encoded name', 'test.heronry.query?te%78t=a'),
  get('a number with a plus', 'test.heronry.query?number=%2B7'),
  get('a number with zeros before it', 'test.heronry.query?number=007'),
  get('a number with an exponent', 'test.heronry.query?number=1e1'),
  get('an empty number', 'test.heronry.query?number='),
  get('a number with a space', 'test.heronry.query?number=7%20'),
  get('a number twice', 'test.heronry.query?number=7&number=8'),
  get('an empty flag', 'test.heronry.query?flag='),
  get('a flag in capitals', 'test.heronry.query?flag=TRUE'),
  get('a flag twice', 'test.heronry.query?flag=true&flag=false'),
  get('a list with brackets', 'test.heronry.query?list[]=a&list[]=b', {}, undeclared),
  get('an empty list entry', 'test.heronry.query?list='),
  get('a DID twice', 'test.heronry.query?did=did:web:a.example&did=did:web:b.example'),
  get('a required text that is empty', 'test.heronry.required?text='),
  get('an array where one is required', 'test.heronry.required?text=a&text=b'),
  get('params of a procedure', 'test.heronry.nothing?text=a', { method: 'POST' }),
  get('a semicolon', 'test.heronry.query?text=a;number=3'),
]

const paths: ConformanceCase[] = [
  get('an unknown method with a slash', 'test.heronry.unknown/'),
  get('an unknown method with params', 'test.heronry.unknown?a=b'),
  get('HEAD of an unknown method', 'test.heronry.unknown', { method: 'HEAD' }),
  get('a DELETE of a query', 'test.heronry.query', { method: 'DELETE' }, verb),
  get('a PATCH of nothing we know', 'test.heronry.unknown', { method: 'PATCH' }, verb),
  get('an NSID of two parts', 'heronry.test'),
  get('an NSID with a fragment', 'test.heronry.query%23main'),
  get('an NSID with an underscore', 'test.heron_ry.query'),
  get('an NSID that begins with a digit', '1test.heronry.query'),
  get('an NSID that ends in a dot', 'test.heronry.query.'),
  get('two slashes at the end', 'test.heronry.query//'),
  post('a procedure with a slash at the end', 'test.heronry.json/', bodies(named)),
]

const credentials: ConformanceCase[] = [
  get('empty credentials', 'test.heronry.secret', { headers: { authorization: '' } }),
  get('an unknown method with bad credentials', 'test.heronry.unknown', {
    headers: { authorization: 'Bearer bad' },
  }),
  post('an unknown procedure with credentials', 'test.heronry.unknown', {
    headers: { ...json, ...good },
    body: named,
  }),
  post('good credentials and a bad body', 'test.heronry.secretJson', {
    headers: { ...json, ...good },
    body: '{}',
  }),
  post('good credentials and a body of another type', 'test.heronry.secretJson', {
    headers: { ...blob, ...good },
    body: named,
  }),
  post('bad params before good credentials', 'test.heronry.secretJson?number=0', {
    headers: { ...json, ...good },
    body: named,
  }),
]

const jsonBodies: ConformanceCase[] = [
  post('blanks around it', 'test.heronry.json', bodies(` \n${named}\t`)),
  post('a name twice', 'test.heronry.json', bodies('{"name":"a","name":"b"}')),
  post('null for an optional field', 'test.heronry.json', bodies('{"name":"a","count":null}')),
  post('a number past 2^53', 'test.heronry.json', bodies('{"name":"a","count":9007199254740993}')),
  post('a number with an exponent', 'test.heronry.json', bodies('{"name":"a","count":1e3}')),
  post('a whole number as a fraction', 'test.heronry.json', bodies('{"name":"a","count":1.0}')),
  post('a negative number', 'test.heronry.json', bodies('{"name":"a","count":-7}')),
  post('escaped letters', 'test.heronry.json', bodies('{"name":"h\\u00e9ron"}')),
  post('a name at its limit', 'test.heronry.json', bodies('{"name":"1234567890"}')),
  post('bytes that are no base64', 'test.heronry.json', bodies('{"name":"a","bytes":{"$bytes":"?"}}')),
  post('bytes where a link stands', 'test.heronry.json', bodies('{"name":"a","link":{"$bytes":"aGVyb24"}}')),
  post('a link with more in it', 'test.heronry.json', bodies('{"name":"a","link":{"$link":"x","y":1}}')),
  post('a fraction in a value', 'test.heronry.json', bodies('{"name":"a","value":{"b":1.5}}')),
  post('a JSON type with a suffix', 'test.heronry.json', {
    headers: { 'content-type': 'application/ld+json' },
    body: named,
  }),
  post('an optional body with no content type', 'test.heronry.optional', { body: '{}' }),
  post('a gzipped chunked body', 'test.heronry.json', {
    headers: { ...json, 'content-encoding': 'gzip' },
    body: gzipSync(named),
    chunked: true,
  }),
]

const oddType = (type: string, nsid: string, differs?: ConformanceCase['differs']) =>
  post(
    `the type "${type}" for ${nsid}`,
    `test.heronry.${nsid}`,
    { headers: { 'content-type': type }, body: named },
    differs,
  )

const oddTypes = [
  ...[
    'application/',
    '/png',
    'image/png, text/plain',
    'image/png foo',
    'image /png',
    'im@ge/png',
    'a/b/c',
  ].flatMap((type) => [oddType(type, 'blob'), oddType(type, 'image'), oddType(type, 'json')]),
  ...['', ' ', 'x', 'image/png;', 'image/png; x', '*/*', 'image/*'].map((type) => oddType(type, 'blob')),
  oddType('png', 'blob', {
    why: 'the end of a file name is no media type',
    status: 400,
    error: 'InvalidRequest',
  }),
  oddType('application/json;', 'json', {
    why: 'nothing stands after the semicolon; the reference then reads no body',
    status: 200,
  }),
]

const raw: ConformanceCase[] = [
  ...oddTypes,
  post('a chunked blob', 'test.heronry.blob', { headers: blob, body: Buffer.alloc(100), chunked: true }),
  post('an empty chunked blob', 'test.heronry.blob', { headers: blob, body: '', chunked: true }),
  post('a blob with parameters in its type', 'test.heronry.blob', {
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: '<p>',
  }),
  post('an image without a type', 'test.heronry.image', { body: 'x' }),
  post('a CAR with a parameter', 'test.heronry.car', {
    headers: { 'content-type': 'application/vnd.ipld.car; version=1' },
    body: 'x',
  }),
  post('text of no bytes', 'test.heronry.text', { headers: { 'content-type': 'text/plain' }, body: '' }),
  post('gzipped text', 'test.heronry.text', {
    headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    body: gzipSync('heron'),
  }),
  post('text that is JSON', 'test.heronry.text', { headers: json, body: '{}' }),
]

const answers: ConformanceCase[] = [
  get('a missing param of a fault', 'test.heronry.fails'),
  get('HEAD of a named error', 'test.heronry.fails?how=named', { method: 'HEAD' }),
  get('bytes of its own type', 'test.heronry.page?type=text/plain', {}, charset),
]

export const moreCases = { params, paths, credentials, json: jsonBodies, raw, answers }

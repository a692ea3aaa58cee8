import { type ConformanceCase, charset, get, post } from './conformance-case.ts'

const large = 'test.heronry.large?size=5000'
const accept = (encoding: string) => ({ headers: { 'accept-encoding': encoding } })

/** What of an answer is compressed, and how. */
export const encodingCases: ConformanceCase[] = [
  get('a long answer, gzip', large, accept('gzip')),
  get('a long answer, br', large, accept('br')),
  get('a long answer, deflate', large, accept('deflate')),
  get('a long answer, everything', large, accept('*')),
  get('a long answer, what a browser takes', large, accept('gzip, deflate, br, zstd')),
  get('a long answer, gzip liked better', large, accept('br;q=0.5, gzip;q=0.9')),
  get('a long answer, gzip refused', large, accept('gzip;q=0')),
  get('a long answer, nothing but the identity', large, accept('identity')),
  get('a long answer, the identity liked better', large, accept('identity;q=1, gzip;q=0.5')),
  get('a long answer, an unknown coding', large, accept('zstd')),
  get('a long answer, an empty list', large, accept('')),
  get('a long answer, no list', large),
  get('a short answer', 'test.heronry.large?size=10', accept('gzip')),
  get('an answer just below the threshold', `test.heronry.large?size=${1023 - 19}`, accept('gzip')),
  get('an answer at the threshold', `test.heronry.large?size=${1024 - 19}`, accept('gzip')),
  get('HEAD of a long answer', large, { method: 'HEAD', ...accept('gzip') }),
  get('a CAR of any length', 'test.heronry.stream', accept('gzip')),
  get('a CAR, br', 'test.heronry.stream', accept('br')),
  get('HEAD of a CAR', 'test.heronry.stream', { method: 'HEAD', ...accept('gzip') }),
  get('a long text', 'test.heronry.page?type=text/plain', accept('gzip'), charset),
  get('a long page', 'test.heronry.page?type=text/html', accept('gzip'), charset),
  get('a drawing', 'test.heronry.page?type=image/svg%2Bxml', accept('gzip')),
  get('a feed', 'test.heronry.page?type=application/atom%2Bxml', accept('gzip')),
  get('a picture', 'test.heronry.page?type=image/jpeg', accept('gzip')),
  get('a film', 'test.heronry.page?type=video/mp4', accept('gzip')),
  get('bytes of no kind', 'test.heronry.page?type=application/octet-stream', accept('gzip'), {
    why: 'they are most often compressed already',
  }),
  get('a refusal', 'test.heronry.query?number=x', accept('gzip')),
  get('an unknown method', 'test.heronry.unknown', accept('gzip')),
  post('an answer without a body', 'test.heronry.nothing', accept('gzip')),
]

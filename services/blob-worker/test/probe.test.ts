import type { Probed } from '@heronry/blobs/probe-blob'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  filmBoxesMax,
  filmDurationMsMax,
  pictureHeadBytes,
  pictureSideMax,
  probeTimeoutMs,
} from '../src/limits.ts'
import { createProbe } from '../src/probe/probe.ts'
import { box, film, jpeg, png } from './files.ts'

let probe: ReturnType<typeof createProbe>
beforeAll(() => {
  probe = createProbe()
})
afterAll(() => probe[Symbol.asyncDispose]())

let reads: { start: number; length: number }[] = []

function probed(bytes: Buffer, mime = 'image/png'): Promise<Probed> {
  reads = []
  return probe({
    mime,
    size: bytes.length,
    async read(start, length) {
      reads.push({ start, length })
      return bytes.subarray(start, start + length)
    },
  })
}

test.each([
  ['a PNG', png({ width: 640, height: 480 }), 'image/png'],
  ['a JPEG', jpeg({ width: 640, height: 480 }), 'image/jpeg'],
  ['a JPEG behind a long profile', jpeg({ width: 640, height: 480 }, 300_000), 'image/jpeg'],
  ['a picture that is called another', png({ width: 640, height: 480 }), 'image/webp'],
])('%s says its size', async (_, bytes, mime) => {
  expect(await probed(bytes, mime)).toEqual({ width: 640, height: 480 })
  expect(reads).toEqual([{ start: 0, length: pictureHeadBytes }])
})

test('a film whose index comes last says its size and length, and its pictures are not read', async () => {
  const bytes = film({ width: 1920, height: 1080, seconds: 61 })
  expect(await probed(bytes, 'video/mp4')).toEqual({ width: 1920, height: 1080, durationMs: 61_000 })
  expect(reads.slice(0, -1).every(({ length }) => length === 16)).toBe(true)
})

test('a picture that says it has a million pixels a side is believed, and at one more is not', async () => {
  const edge = await probed(png({ width: pictureSideMax, height: 1 }))
  expect(edge).toEqual({ width: pictureSideMax, height: 1 })
  expect(await probed(png({ width: pictureSideMax + 1, height: 1 }))).toEqual({
    fault: 'not the size of a picture',
  })
})

test.each([
  ['nothing', Buffer.alloc(0), 'image/png'],
  ['no picture', Buffer.from('<script>alert(1)</script>'), 'image/png'],
  ['half a head', png({ width: 9, height: 9 }).subarray(0, 20), 'image/png'],
  ['a JPEG that ends in a segment', jpeg({ width: 9, height: 9 }).subarray(0, 9), 'image/jpeg'],
  ['a PNG that says 4 billion a side', png({ width: 0xffff_ffff, height: 0xffff_ffff }), 'image/png'],
  ['a PNG without pixels', png({ width: 0, height: 0 }), 'image/png'],
  ['no film', Buffer.from('0123456789abcdef0123456789'), 'video/mp4'],
  ['a film without an index', box('ftyp', Buffer.alloc(8)), 'video/mp4'],
  ['a film whose box is as large as nothing', box('ftyp', Buffer.alloc(8), 4), 'video/mp4'],
  [
    'a film of boxes without end',
    Buffer.concat(Array(filmBoxesMax + 1).fill(box('free', Buffer.alloc(8)))),
    'video/mp4',
  ],
  ['a film whose index holds itself', box('moov', box('moov', Buffer.alloc(0), 0), 0), 'video/mp4'],
])('%s has a fault, and no size', async (_, bytes, mime) => {
  const { fault, ...rest } = await probed(bytes, mime)
  expect(fault).toMatch(/./)
  expect(rest).toEqual({})
})

test('boxes that lie about their size end where what they lie in ends', async () => {
  const movie = Buffer.alloc(20)
  movie.writeUInt32BE(1, 12)
  movie.writeUInt32BE(7, 16)
  const index = box('mvhd', movie, 0x7fff_ffff)
  expect(await probed(box('moov', index, 0x7fff_ffff), 'video/mp4')).toEqual({ durationMs: 7000 })
})

test('a film of a year is believed, and one of a millisecond more has no length', async () => {
  const lengthOf = (ms: number) => {
    const movie = Buffer.alloc(32)
    movie[0] = 1
    movie.writeUInt32BE(1000, 20)
    movie.writeBigUInt64BE(BigInt(ms), 24)
    return box('moov', box('mvhd', movie))
  }
  expect(await probed(lengthOf(filmDurationMsMax), 'video/mp4')).toEqual({ durationMs: filmDurationMsMax })
  expect(await probed(lengthOf(filmDurationMsMax + 1), 'video/mp4')).toEqual({})
})

test('hostile pictures of every kind end in time, and the next blob is looked into', async () => {
  // Boxes, chunks and directories of no length, or that lead back to where they are.
  const hostile = [
    box('ftyp', Buffer.from('heic\0\0\0\0mif1heic'), 0),
    Buffer.concat([
      box('ftyp', Buffer.from('avif\0\0\0\0')),
      box('meta', box('iprp', box('ipco', Buffer.alloc(64), 0), 0), 0),
    ]),
    Buffer.concat([
      Buffer.from('0000000c4a584c200d0a870a', 'hex'),
      box('jxlp', Buffer.alloc(0), 0),
      Buffer.alloc(64),
    ]),
    Buffer.concat([Buffer.from('icns'), Buffer.from([0, 0, 0x40, 0]), Buffer.alloc(0x4000)]),
    Buffer.concat([Buffer.from('II*\0'), Buffer.from([8, 0, 0, 0, 0xff, 0xff]), Buffer.alloc(4000, 1)]),
    Buffer.from(`<svg width="${'9'.repeat(400_000)}" viewBox="${'0 '.repeat(50_000)}">`),
    Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(500_000, 0xff)]),
  ]
  const began = performance.now()
  for (const bytes of hostile) expect(Object.keys(await probed(bytes))).not.toEqual([])
  expect(performance.now() - began).toBeLessThan(hostile.length * probeTimeoutMs + 1000)
  expect(await probed(png({ width: 2, height: 3 }))).toEqual({ width: 2, height: 3 })
})

test('what cannot be read of the store is no fault of the blob, and the next one is looked into', async () => {
  const away = probe({
    mime: 'image/png',
    size: 9,
    read: () => Promise.reject(new Error('the bucket is away')),
  })
  await expect(away).rejects.toThrow('the bucket is away')
  expect(await probed(png({ width: 2, height: 3 }))).toEqual({ width: 2, height: 3 })
})

test('many at once are looked into one after the other', async () => {
  const sizes = await Promise.all([1, 2, 3, 4, 5].map((width) => probed(png({ width, height: 1 }))))
  expect(sizes.map(({ width }) => width)).toEqual([1, 2, 3, 4, 5])
})

test('a process that turns in circles, eats memory or dies is ended, and we answer that it was the blob', async () => {
  const script = new URL('./hostile-process.ts', import.meta.url)
  await using hostile = createProbe({ script, timeoutMs: 2000 })
  const source = { size: 1, read: async () => new Uint8Array(1) }
  const faultOf = async (mime: string) => (await hostile({ mime, ...source })).fault
  expect(await faultOf('image/circles')).toBe('it takes too long to look into it')
  expect(await faultOf('image/memory')).toMatch(/needs too much memory|takes too long/)
  expect(await faultOf('image/death')).toBe('looking into it needs too much memory, or fails')
  expect(await hostile({ mime: 'image/fine', ...source })).toEqual({ width: 1 })
})

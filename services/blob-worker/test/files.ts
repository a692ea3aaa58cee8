import { crc32 } from 'node:zlib'

/** A PNG up to where its pixels would begin. */
export function png({ width, height }: { width: number; height: number }): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', Buffer.alloc(100))])
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A JPEG's head, with a profile before its size. */
export function jpeg({ width, height }: { width: number; height: number }, profileBytes = 0): Buffer {
  const segments = [segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1'))]
  for (let left = profileBytes; left > 0; left -= 60_000) {
    segments.push(segment(0xe2, Buffer.alloc(Math.min(left, 60_000))))
  }
  const frame = Buffer.from([
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    3,
    1,
    34,
    0,
    2,
    17,
    1,
    3,
    17,
    1,
  ])
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, segment(0xc0, frame), Buffer.alloc(64)])
}

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([head, data])
}

/** A box of a film. `size` lies about it. */
export function box(type: string, content: Buffer, size = content.length + 8): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(size >>> 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, content])
}

/** A film whose index comes last, behind its pictures. */
export function film({ width, height, seconds }: { width: number; height: number; seconds: number }): Buffer {
  const movie = Buffer.alloc(100)
  movie.writeUInt32BE(1000, 12)
  movie.writeUInt32BE(seconds * 1000, 16)
  const moov = Buffer.concat([
    box('mvhd', movie),
    box('trak', box('tkhd', track({ width: 0, height: 0 }))),
    box('trak', Buffer.concat([box('tkhd', track({ width, height })), box('mdia', Buffer.alloc(50))])),
  ])
  const head = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2', 'latin1'))
  return Buffer.concat([head, box('mdat', Buffer.alloc(5000)), box('moov', moov)])
}

function track({ width, height }: { width: number; height: number }): Buffer {
  const content = Buffer.alloc(84)
  content.writeUInt32BE(width * 65_536, 76)
  content.writeUInt32BE(height * 65_536, 80)
  return content
}

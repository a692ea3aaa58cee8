import { crc32, deflateSync } from 'node:zlib'

/** A PNG of one colour with a ring in it, as a `data:` URL: a logo for pictures and tests. */
export function makeLogo(size: number, [red, green, blue]: readonly [number, number, number]): string {
  const rows = Array.from({ length: size }, (_, y) => {
    const row = Array.from({ length: size }, (_, x) => {
      const distance = Math.hypot(x - size / 2 + 0.5, y - size / 2 + 0.5) / size
      return distance > 0.2 && distance < 0.35 ? [255, 255, 255] : [red, green, blue]
    })
    return Buffer.from([0, ...row.flat()])
  })
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  // 8 bits of red, green and blue.
  head.set([8, 2], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const chunks = [
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return `data:image/png;base64,${Buffer.concat([signature, ...chunks]).toString('base64')}`
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

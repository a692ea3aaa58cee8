import type { Probed, ProbeSource } from '@heronry/blobs/probe-blob'
import { filmSize } from './film-size.ts'
import type { Asked, Told } from './messages.ts'
import { pictureSize } from './picture-size.ts'

/**
 * The process that looks into pictures: it has nothing but its messages and little memory, and is killed when it takes too long. It asks
 * whoever started it for bytes, and ends with it.
 */
const tell = (told: Told) => process.send?.(told)
let bytes: PromiseWithResolvers<Uint8Array> = Promise.withResolvers()

process.on('message', (asked: Asked) => {
  if ('bytes' in asked) return bytes.resolve(asked.bytes)
  void probe(asked.probe).then((probed) => tell({ probed }))
})
process.on('disconnect', () => process.exit())
tell({ isReady: true })

async function probe({ mime, size }: Pick<ProbeSource, 'mime' | 'size'>): Promise<Probed> {
  const source = { mime, size, read }
  try {
    return await (mime.startsWith('video/') ? filmSize(source) : pictureSize(source))
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

async function read(start: number, length: number): Promise<Uint8Array> {
  bytes = Promise.withResolvers()
  tell({ read: { start, length } })
  // A buffer of its own: parsers look beyond the end of a view.
  return new Uint8Array(await bytes.promise)
}

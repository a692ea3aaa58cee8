import { parentPort } from 'node:worker_threads'
import type { Probed, ProbeSource } from '@heronry/blobs/probe-blob'
import { filmSize } from './film-size.ts'
import { pictureSize } from './picture-size.ts'
import type { Asked, Told } from './thread-messages.ts'

/**
 * The thread that looks into pictures: it has nothing but its messages, little memory, and is ended when it takes too long. It asks whoever
 * started it for bytes.
 */
const port = parentPort
if (port === null) throw new Error('It runs as a thread')

const tell = (told: Told) => port.postMessage(told)
let bytes: PromiseWithResolvers<Uint8Array> = Promise.withResolvers()

port.on('message', (asked: Asked) => {
  if ('bytes' in asked) return bytes.resolve(asked.bytes)
  void probe(asked.probe).then((probed) => tell({ probed }))
})

async function probe({ mime, size }: Pick<ProbeSource, 'mime' | 'size'>): Promise<Probed> {
  const source = { mime, size, read }
  try {
    return await (mime.startsWith('video/') ? filmSize(source) : pictureSize(source))
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

function read(start: number, length: number): Promise<Uint8Array> {
  bytes = Promise.withResolvers()
  tell({ read: { start, length } })
  return bytes.promise
}

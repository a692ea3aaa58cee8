import type { Probed, ProbeSource } from '@heronry/blobs/probe-blob'
import { filmBoxesMax, filmDurationMsMax, filmIndexBytesMax, pictureSideMax } from '../limits.ts'

/** A box of ISO 14496-12 (MP4, QuickTime): where its content is. */
interface Box {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * Size and length of a film, from `moov/mvhd` and the largest `moov/trak/tkhd`. The boxes before `moov` are stepped over; of it only the
 * beginning is read. Throws where there is no such thing.
 */
export async function filmSize(source: ProbeSource): Promise<Probed> {
  const index = await findIndex(source)
  const bytes = await source.read(index.start, Math.min(index.end - index.start, filmIndexBytesMax))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const boxes = boxesIn(view, { start: 0, end: view.byteLength })
  const header = boxes.find(({ type }) => type === 'mvhd')
  if (header === undefined) throw new Error('no mvhd')
  const tracks = boxes
    .filter(({ type }) => type === 'trak')
    .flatMap((track) => boxesIn(view, track).filter(({ type }) => type === 'tkhd'))
    .map((track) => trackSize(view, track))
    .filter(
      ({ width, height }) => width > 0 && height > 0 && width <= pictureSideMax && height <= pictureSideMax,
    )
    .sort((one, other) => other.width * other.height - one.width * one.height)
  const durationMs = duration(view, header)
  return { ...tracks[0], ...(durationMs !== undefined && { durationMs }) }
}

/** The box `moov`, which may be the last one. */
async function findIndex({ size, read }: ProbeSource): Promise<Box> {
  let at = 0
  for (let boxes = 0; boxes < filmBoxesMax && at < size; boxes++) {
    const head = await read(at, 16)
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const box = boxAt(view, { at: 0, end: size - at })
    if (box === undefined) throw new Error('not a film')
    if (box.type === 'moov') return { ...box, start: at + box.start, end: at + box.end }
    at += box.end
  }
  throw new Error('no moov')
}

function boxesIn(view: DataView, { start, end }: Pick<Box, 'start' | 'end'>): Box[] {
  const found: Box[] = []
  for (let at = start; found.length < filmBoxesMax; ) {
    const box = boxAt(view, { at, end })
    if (box === undefined) break
    found.push(box)
    at = box.end
  }
  return found
}

/** Undefined where there is no whole head of a box. One that says it is larger than what it lies in ends where that ends. */
function boxAt(view: DataView, { at, end }: { at: number; end: number }): Box | undefined {
  if (at + 8 > Math.min(end, view.byteLength)) return undefined
  const type = String.fromCharCode(...Array.from({ length: 4 }, (_, n) => view.getUint8(at + 4 + n)))
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return undefined
  let size = view.getUint32(at)
  let headLength = 8
  if (size === 1) {
    if (at + 16 > view.byteLength) return undefined
    size = Number(view.getBigUint64(at + 8))
    headLength = 16
  }
  if (size === 0) size = end - at
  // A box is never smaller than its head: otherwise the next one would be the same one.
  if (size < headLength) return undefined
  return { type, start: at + headLength, end: Math.min(end, at + size) }
}

/** In milliseconds; undefined where it is not said. Version 1 has longer numbers. */
function duration(view: DataView, { start, end }: Box): number | undefined {
  const isLong = start < end && view.getUint8(start) === 1
  if (start + (isLong ? 32 : 20) > Math.min(end, view.byteLength)) return undefined
  const scale = view.getUint32(start + (isLong ? 20 : 12))
  const units = isLong ? Number(view.getBigUint64(start + 24)) : view.getUint32(start + 16)
  const isUnknown = scale === 0 || units === 0xffff_ffff
  const ms = Math.round((units / scale) * 1000)
  return isUnknown || !Number.isSafeInteger(ms) || ms > filmDurationMsMax ? undefined : ms
}

/** Fixed point, 16.16, the last two numbers of the box. */
function trackSize(view: DataView, { start, end }: Box): { width: number; height: number } {
  const isLong = start < end && view.getUint8(start) === 1
  const at = start + (isLong ? 88 : 76)
  if (at + 8 > Math.min(end, view.byteLength)) return { width: 0, height: 0 }
  return {
    width: Math.round(view.getUint32(at) / 65_536),
    height: Math.round(view.getUint32(at + 4) / 65_536),
  }
}

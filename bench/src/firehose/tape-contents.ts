import { hash } from 'node:crypto'
import { framesOf, sharedOf } from './frames.ts'
import type { Recording } from './tape.ts'

/** What was sent, as both sides must have sent it: how many frames, and a digest over what they say. */
export function tapeContents(recording: Recording): string {
  const texts = Array.from(framesOf(recording), (frame) => sharedOf(frame, { inOrder: true }))
  return `${texts.length} frames: ${hash('sha256', texts.join('\n'))}`
}

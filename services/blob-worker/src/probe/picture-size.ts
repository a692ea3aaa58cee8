import type { Probed, ProbeSource } from '@heronry/blobs/probe-blob'
import { imageSize } from 'image-size'
import { pictureHeadBytes, pictureSideMax } from '../limits.ts'

/** The size of a picture as its head says it, turned as it says it is shown. Throws where it says nothing, or nonsense. */
export async function pictureSize({ read }: ProbeSource): Promise<Probed> {
  const { width, height, orientation = 1 } = imageSize(await read(0, pictureHeadBytes))
  for (const side of [width, height]) {
    if (!Number.isFinite(side) || side < 1 || side > pictureSideMax)
      throw new Error('not the size of a picture')
  }
  const [across, down] = orientation > 4 ? [height, width] : [width, height]
  return { width: Math.round(across), height: Math.round(down) }
}

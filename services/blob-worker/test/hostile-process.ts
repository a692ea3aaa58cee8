import type { Asked } from '../src/probe/messages.ts'

/** What a hostile file might make of the process that looks into it. */
process.on('message', (asked: Asked) => {
  const mime = 'probe' in asked ? asked.probe.mime : ''
  if (mime === 'image/circles') for (;;);
  if (mime === 'image/memory')
    for (const eaten: unknown[] = []; ; ) eaten.push(Array(1000).fill(eaten.length))
  if (mime === 'image/death') throw new Error('dead')
  process.send?.({ probed: { width: 1 } })
})
process.send?.({ isReady: true })

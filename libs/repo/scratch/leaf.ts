import { LeafWriter } from '@heronry/mst/leaf-writer'
import { tid } from '../../../bench/src/load/tid.ts'
const N = 10000
const rows = Array.from({ length: N }, (_, i) => { const k = Buffer.from(`app.bsky.feed.post/${tid(i)}`); const bytes = Buffer.concat([k, Buffer.alloc(270, i)]); return { bytes, keyAt: 0, keyEnd: k.length, digestAt: k.length } })
const w = new LeafWriter()
const out: number[] = []
for (let r = 0; r < 60; r++) { const t = performance.now(); for (let i = 0; i < N; i++) { w.add(rows[i]!); if (i % 4 === 3) w.finish() } out.push(performance.now() - t) }
console.log("first5", out.slice(0, 5).map((x) => x.toFixed(2)).join(" "), "min", Math.min(...out).toFixed(3), "med", out.sort((a, b) => a - b)[20]!.toFixed(3))

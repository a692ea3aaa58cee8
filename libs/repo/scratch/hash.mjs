import { hash, createHash } from 'node:crypto'
const N = 3000
const bufs = Array.from({ length: N }, (_, i) => { const b = Buffer.allocUnsafe(20000).fill(i); return b.subarray(100, 430) })
for (const [name, f] of Object.entries({
  buffer: (b) => hash('sha256', b, 'buffer'),
  latin1: (b) => hash('sha256', b, 'latin1'),
  binary: (b) => hash('sha256', b, 'binary'),
  hex: (b) => hash('sha256', b, 'hex'),
  base64: (b) => hash('sha256', b, 'base64'),
  opt: (b) => hash('sha256', b, { outputEncoding: 'latin1' }),
  create: (b) => createHash('sha256').update(b).digest(),
})) {
  const out = []
  for (let r = 0; r < 8; r++) { const t = performance.now(); for (let i = 0; i < N; i++) f(bufs[i]); out.push(((performance.now() - t) * 1000 / N).toFixed(2)) }
  console.log(name, 'us each by round', out.join(' '))
}

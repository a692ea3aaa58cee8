const N = 10000
const src = Buffer.allocUnsafeSlow(65536).fill(7), dst = Buffer.allocUnsafeSlow(262144)
const F = {
  copy: (a, n, p) => src.copy(dst, p, a, a + n),
  setsub: (a, n, p) => dst.set(src.subarray(a, a + n), p),
  setnew: (a, n, p) => dst.set(new Uint8Array(src.buffer, src.byteOffset + a, n), p),
  loop: (a, n, p) => { for (let i = 0; i < n; i++) dst[p + i] = src[a + i] },
}
for (const n of [32, 230, 600])
for (const [name, f] of Object.entries(F)) {
  const out = []
  for (let r = 0; r < 8; r++) { const t = performance.now(); for (let i = 0; i < N; i++) f((i * 37) % 60000, n, (i * 41) % 250000); out.push(((performance.now() - t) * 1e6 / N).toFixed(0)) }
  console.log(n, name, 'ns', out.join(' '))
}

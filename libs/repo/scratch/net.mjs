import net from 'node:net'
import { fork } from 'node:child_process'
if (process.argv[2] === 'server') {
  const block = Buffer.alloc(8192, 'x')
  const s = net.createServer((c) => { c.on('error', () => {}); c.on('data', () => { let n = 0; const go = () => { while (n < 420) { n++; if (!c.write(block)) { c.once('drain', go); return } } }; go() }) })
  s.listen(0, () => process.send(s.address().port)); process.on('disconnect', () => process.exit())
} else {
  const mode = process.argv[2]
  const child = fork(import.meta.filename, ['server'])
  const port = await new Promise((r) => child.once('message', r))
  const shared = Buffer.allocUnsafeSlow(65536)
  let got = 0, done
  const take = (n) => { got += n; if (got >= 420 * 8192) { got = 0; done() } }
  const s = net.connect({ port, ...(mode === 'onread' && { onread: { buffer: shared, callback: (n) => { take(n); return true } } }) })
  if (mode !== 'onread') s.on('data', (b) => { const n = b.length; if (mode === 'free') b.buffer.transfer(0); take(n) })
  const run = () => new Promise((r) => { done = r; s.write('x') })
  const out = []
  const r0 = process.memoryUsage.rss()
  for (let i = 0; i < 30; i++) { const f = process.resourceUsage(), u = process.threadCpuUsage(); await run(); const v = process.threadCpuUsage(u); out.push(((v.user + v.system) / 1000).toFixed(1) + '/' + (process.resourceUsage().minorPageFault - f.minorPageFault)) }
  console.log(mode, out.join(' '), 'rss+', ((process.memoryUsage.rss() - r0) / 1e6).toFixed(1))
  child.disconnect(); s.destroy()
}

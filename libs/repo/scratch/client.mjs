import { Pool } from 'undici'
const [port, id = '10000', times = '15'] = process.argv.slice(2)
const pool = new Pool('http://127.0.0.1:' + port, { connections: 64, pipelining: 1 })
async function run(id) { const { body } = await pool.request({ path: '/' + id, method: 'GET' }); let n = 0; for await (const c of body) n += c.length; return n }
const json = async (p) => (await pool.request({ path: p, method: 'GET' })).body.json()
const cpu = () => json('/cpu')
for (let i = 0; i < 10; i++) await run(500)
const out = []; let bytes
const rss0 = (await json('/rss')).rss; let rss = 0
let c = await cpu(); let total = 0, cput = 0
for (let i = 0; i < +times; i++) {
  const t = performance.now(); bytes = await run(id); const ms = performance.now() - t
  const d = await cpu(); const used = (d.user + d.system - c.user - c.system) / 1000; c = d
  rss = Math.max(rss, (await json('/rss')).rss)
  total += ms; cput += used
  out.push(ms.toFixed(0) + '/' + used.toFixed(0))
}
console.log(bytes, out.join(' '), '; thread cpu/op', (cput / times).toFixed(1), 'MB/s', (bytes * times / total / 1000).toFixed(1), 'first5', (bytes * 5 / out.slice(0, 5).reduce((s, x) => s + parseFloat(x), 0) / 1000).toFixed(1), 'rss+', ((rss - rss0) / 1e6).toFixed(0))
process.exit(0)

import { readFileSync } from 'node:fs'
import pg from 'pg'
const url = process.argv[2]
const c = new pg.Client(url); await c.connect()
const { rows: [{ pid }] } = await c.query('select pg_backend_pid() pid')
const cpu = () => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
const nodes = (cols) => [1, 2, 3, 4, 5, 6].map((l) => `(SELECT ${cols} FROM mst_node WHERE store_id=11000 AND layer=${l} ORDER BY lo)`).join(' UNION ALL ')
const q = `(SELECT path AS key, NULL::int2 AS layer, cid || value AS bytes FROM record WHERE store_id = 11000 ORDER BY path) UNION ALL ${nodes('lo, layer, body')} ORDER BY key`
await c.query('SET enable_seqscan=off; SET enable_bitmapscan=off; SET enable_sort=off; SET jit=off')
const s = c.connection.stream, [l] = s.listeners('data'); s.off('data', l)
let tail = Buffer.alloc(0), done
s.on('data', (b) => { const n = b.length; tail = Buffer.concat([tail, b.subarray(-6)]).subarray(-6); b.buffer.transfer(0); if (tail[0] === 0x5a && tail.readUInt32BE(1) === 5) done() })
const go = (sql) => new Promise((r) => { done = r; c.connection.query(sql) })
for (const [name, sql] of [['null', `COPY (${q}) TO '/dev/null' (FORMAT binary)`], ['stdout', `COPY (${q}) TO STDOUT (FORMAT binary)`]]) {
  const a = [], w = []
  for (let i = 0; i < 80; i++) { const b = cpu(), t = performance.now(); await go(sql); w.push(performance.now() - t); a.push(cpu() - b) }
  a.sort((x, y) => x - y); w.sort((x, y) => x - y); console.log(name, 'cpu min', a[0].toFixed(2), 'q1', a[20].toFixed(2), 'med', a[40].toFixed(2), 'wall min', w[0].toFixed(2), 'med', w[40].toFixed(2))
}
process.exit()

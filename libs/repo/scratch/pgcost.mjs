import { readFileSync } from 'node:fs'
import pg from 'pg'
const c = new pg.Client(process.argv[2]); await c.connect()
const { rows: [{ pid }] } = await c.query('select pg_backend_pid() pid')
const cpu = () => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
const nodes = (cols) => [1, 2, 3, 4, 5, 6].map((l) => `(SELECT ${cols} FROM mst_node WHERE store_id=11000 AND layer=${l} ORDER BY lo)`).join(' UNION ALL ')
const rec = (cols) => `(SELECT ${cols} FROM record WHERE store_id = 11000 ORDER BY path)`
const Q = {
  old: `${rec('path AS key, 0::int2 AS layer, cid, value AS bytes')} UNION ALL ${nodes('lo, layer, NULL::bytea, body')} ORDER BY key`,
  new: `${rec('path AS key, NULL::int2 AS layer, cid || value AS bytes')} UNION ALL ${nodes('lo, layer, body')} ORDER BY key`,
  sep: `${rec('path AS key, cid, value AS bytes')} UNION ALL ${nodes('lo, int2send(layer), body')} ORDER BY key`,
  oneLayer: `${rec('path AS key, cid, value AS bytes')} UNION ALL (SELECT lo, int2send(layer), body FROM mst_node WHERE store_id=11000 AND layer=1 ORDER BY lo) ORDER BY key`,
  recs: rec('path AS key, NULL::int2 AS layer, cid || value AS bytes'),
  recs_old: rec('path AS key, cid, value AS bytes'),
}
await c.query('SET enable_seqscan=off; SET enable_bitmapscan=off; SET enable_sort=off; SET jit=off')
const best = {}
for (let r = 0; r < 60; r++) for (const n of Object.keys(Q)) { const b = cpu(); await c.query(`COPY (${Q[n]}) TO '/dev/null' (FORMAT binary)`); (best[n] ??= []).push(cpu() - b) }
for (const n of Object.keys(Q)) { const s = best[n].sort((a, b) => a - b); console.log(n, 'cpu ms min', s[0].toFixed(2), 'q1', s[15].toFixed(2), 'med', s[30].toFixed(2)) }
await c.end()

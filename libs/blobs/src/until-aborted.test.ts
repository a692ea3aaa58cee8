import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { untilAborted } from './until-aborted.ts'

test('a source that says nothing is left when the signal says so, and one that speaks before it does', async () => {
  const gone = new AbortController()
  const seen: number[] = []
  const reading = (async () => {
    for await (const value of untilAborted(thenSilent([1, 2]), gone.signal)) seen.push(value)
  })()
  await expect.poll(() => seen).toEqual([1, 2])
  gone.abort(new Error('gone'))
  await expect(reading).rejects.toThrow('gone')
  await expect(
    untilAborted(thenSilent([1]), gone.signal)
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toThrow('gone')
})

test('chunks that were passed on are kept by nobody, however long the whole takes', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const passed: WeakRef<object>[] = []
  const chunks = untilAborted(objects(100), new AbortController().signal)
  for await (const chunk of chunks) {
    passed.push(new WeakRef(chunk))
    if (passed.length < 100) continue
    await setImmediate()
    collect()
    // The last one or two are still in somebody's hands.
    const kept = passed.filter((it) => it.deref() !== undefined)
    expect(kept.length).toBeLessThanOrEqual(2)
  }
  expect(passed).toHaveLength(100)
})

async function* thenSilent(values: number[]): AsyncIterable<number> {
  yield* values
  await new Promise(() => {})
}

async function* objects(count: number): AsyncIterable<object> {
  for (let at = 0; at < count; at++) {
    await setImmediate()
    yield { at }
  }
}

import { JsonBytes } from '../json-bytes.ts'

/** An object of an answer or a record, of which only what is looked at is known to be there. */
export type JsonMap = Record<string, unknown>

/** Throws for what is no object: then the answer is not what we take it for, and is left as it came. */
export function mapOf(value: unknown): JsonMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('An object is expected')
  return value as JsonMap
}

export function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('A list is expected')
  return value
}

/** Undefined also for what is no text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A stored record as its JSON. */
export function recordJson(drisl: Uint8Array): JsonMap {
  const json = new JsonBytes(2 * drisl.length)
  json.value(drisl)
  return mapOf(JSON.parse(json.done().toString('utf8')))
}

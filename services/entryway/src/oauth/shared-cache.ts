import { LRUCache } from 'lru-cache'

/** A cache as the provider asks it, for all providers of the process: what an app says of itself is the same at every community. */
export interface SharedCache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  del(key: string): void
}

export function sharedCache<Value extends object>({
  bytesMax,
  ttlMs,
}: {
  bytesMax: number
  ttlMs: number
}): SharedCache<Value> {
  const cache = new LRUCache<string, Value>({
    maxSize: bytesMax,
    ttl: ttlMs,
    // Characters, which are bytes but for what is not ASCII.
    sizeCalculation: (value, key) => key.length + JSON.stringify(value).length,
  })
  return {
    get: (key) => cache.get(key),
    set: (key, value) => void cache.set(key, value),
    del: (key) => void cache.delete(key),
  }
}

import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Database } from '@heronry/db/database'

/** The store of a process that is killed at its next write of a kind, before the object is there or after. */
export function failing(objects: BlobObjects, kind: string, when: 'before' | 'after'): BlobObjects {
  return {
    ...objects,
    async put(key, body, options) {
      if (!key.startsWith(`firehose/${kind}`)) return await objects.put(key, body, options)
      if (when === 'after') await objects.put(key, body, options)
      throw new Error('killed')
    },
    async delete() {
      throw new Error('killed')
    },
    async deleteMany() {
      throw new Error('killed')
    },
  }
}

/** A store whose first `count` segments become durable together: none of their archivers has seen what another has written. */
export function meeting(objects: BlobObjects, count: number): BlobObjects {
  const all = Promise.withResolvers<void>()
  let arrived = 0
  return {
    ...objects,
    async put(key, body, options) {
      await objects.put(key, body, options)
      if (!key.startsWith('firehose/segments/')) return
      arrived++
      if (arrived === count) all.resolve()
      await all.promise
    },
  }
}

/** The same database, in which something else happens between its first answer and what is done with it. */
export function afterFirstQuery(db: Database, happen: () => Promise<void>): Database {
  let happened = false
  return db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (!happened) {
        happened = true
        await happen()
      }
      return result
    },
  })
}

export class Gate {
  passing = Promise.resolve()
  open: () => void = () => {}

  shut(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.passing = promise
    this.open = resolve
  }
}

/** A database whose answers wait while the gate is shut, as those of one that is out of reach. */
export function behindGate(db: Database, gate: Gate): Database {
  return db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      await gate.passing
      return result
    },
  })
}

import { getValue } from '@heronry/mst/get-value'
import type { TreeNode } from '@heronry/mst/tree-node'
import { backlinkKey } from './backlink.ts'
import { duplicatesReplacedMax } from './limits.ts'
import type { FoundDuplicate } from './load-paths.ts'
import type { PreparedWrite } from './prepared-write.ts'

/**
 * Which records a new like, repost, follow or block replaces: what the backlink index showed, and what commits of the same chain, which the
 * index does not show yet, have changed since.
 */
export class DuplicateFinder {
  /** Paths by what they point at. */
  readonly #paths = new Map<string, Set<string>>()

  constructor(found: readonly FoundDuplicate[]) {
    for (const { path, backlink } of found) this.#of(backlinkKey(backlink)).add(path)
  }

  /** Deletes of what the creates among `writes` replace, as far as it is still there. */
  deletesFor(writes: readonly PreparedWrite[], root: TreeNode): PreparedWrite[] {
    return writes.flatMap(({ action, path, backlink }) => {
      if (action !== 'create' || backlink === null) return []
      const paths = [...this.#of(backlinkKey(backlink))].filter(
        (other) => other !== path && getValue(root, other) !== null,
      )
      return paths.slice(0, duplicatesReplacedMax).map(deleteOf)
    })
  }

  /** Takes note of what a commit of the chain changed. */
  note(changes: readonly PreparedWrite[]): void {
    for (const { path, backlink } of changes) {
      for (const paths of this.#paths.values()) paths.delete(path)
      if (backlink !== null) this.#of(backlinkKey(backlink)).add(path)
    }
  }

  #of(key: string): Set<string> {
    const paths = this.#paths.get(key) ?? new Set()
    this.#paths.set(key, paths)
    return paths
  }
}

function deleteOf(path: string): PreparedWrite {
  const [collection = '', rkey = ''] = path.split('/')
  const nothing = { cid: null, value: null, blobs: [], backlink: null }
  return { action: 'delete', collection, rkey, path, missing: 'ignore', ...nothing }
}

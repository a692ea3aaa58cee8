/**
 * Writes the lexicon documents that `lex build` reads: com.atproto.*, app.bsky.* and chat.bsky.* from the `schemas` of the
 * pinned `@atproto/api`. That package rewrites every reference to an absolute `lex:` form; this undoes it (a reference
 * inside its own document becomes `#name`), so that the result is the document as it was published.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { schemas } from '@atproto/api'

const included = /^(com\.atproto|app\.bsky|chat\.bsky)\./
const folder = join(import.meta.dirname, '../documents')

rmSync(folder, { recursive: true, force: true })
for (const schema of schemas) {
  if (!included.test(schema.id)) continue
  const file = join(folder, `${schema.id.replaceAll('.', '/')}.json`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(published(schema, schema.id), null, 2))
}

function published(node: unknown, documentId: string): unknown {
  if (Array.isArray(node)) return node.map((item) => published(item, documentId))
  if (node === null || typeof node !== 'object') return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === 'ref' && typeof value === 'string') return [key, reference(value, documentId)]
      if (key === 'refs' && Array.isArray(value)) {
        return [key, value.map((ref) => reference(String(ref), documentId))]
      }
      return [key, published(value, documentId)]
    }),
  )
}

function reference(ref: string, documentId: string): string {
  const absolute = ref.startsWith('lex:') ? ref.slice(4) : ref
  return absolute.startsWith(`${documentId}#`) ? absolute.slice(documentId.length) : absolute
}

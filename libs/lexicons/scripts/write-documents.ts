import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { schemas } from '@atproto/api'

/**
 * Writes the lexicon documents that `lex build` reads into `folder`: com.atproto.*, app.bsky.* and chat.bsky.*
 * (or what else is `included`) from the `schemas` of the pinned `@atproto/api`, and ours from `own`, a folder of documents by
 * NSID path.
 */
export async function writeDocuments(
  folder: string,
  { own, included = hosted }: { own: string; included?: RegExp },
): Promise<void> {
  for (const schema of schemas) {
    if (!included.test(schema.id)) continue
    const file = join(folder, `${schema.id.replaceAll('.', '/')}.json`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(published(schema, schema.id), null, 2))
  }
  await cp(own, folder, { recursive: true, filter: (path) => !path.endsWith('.md') })
}

const hosted = /^(com\.atproto|app\.bsky|chat\.bsky)\./

/**
 * `@atproto/api` rewrites every reference to an absolute `lex:` form; this undoes it (a reference inside its own document
 * becomes `#name`), so that the result is the document as it was published.
 */
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

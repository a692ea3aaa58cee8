import { type Handle, isHandle } from '@heronry/core/handle'
import type { DidDocument } from './did-document.ts'

/** The handles that a document claims, the first one first; what is no handle is left out. Whether they agree is another question. */
export function declaredHandles(document: DidDocument): Handle[] {
  const names = document['alsoKnownAs']
  if (!Array.isArray(names)) return []
  return names
    .filter((name): name is string => typeof name === 'string' && name.startsWith('at://'))
    .map((name) => name.slice('at://'.length).toLowerCase())
    .filter(isHandle)
}

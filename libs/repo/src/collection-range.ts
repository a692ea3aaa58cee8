/**
 * The open range of paths that holds a collection's records and nothing else: '0' is the character after '/'. Neither `a.b.cd`
 * nor `a.b.c.d` lies in the range of `a.b.c`.
 */
export function collectionRange(collection: string): { after: string; before: string } {
  return { after: `${collection}/`, before: `${collection}0` }
}

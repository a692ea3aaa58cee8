/** Whether a request brings an access token that is bound to a key. */
export function isDpop(authorization: string | undefined): boolean {
  return authorization !== undefined && /^dpop /i.test(authorization)
}

/** What a token says that has nothing to do with who signed it, and when: undefined of what is no token. */
export function tokenClaims(token: unknown): object | undefined {
  const [header, payload] = String(token).split('.').map(decoded)
  if (header === undefined || payload === undefined) return undefined
  return { typ: header['typ'], scope: payload['scope'], lastsSeconds: payload['exp'] - payload['iat'] }
}

// biome-ignore lint/suspicious/noExplicitAny: it is compared, whatever it is
function decoded(part: string): Record<string, any> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return undefined
  }
}

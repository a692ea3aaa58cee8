import { hostLengthMax } from './limits.ts'

/**
 * The name in a Host header (RFC 9110 §7.2): lower-case, without port or the dot of a fully qualified name. Undefined for
 * what can be no community's name: an address in brackets, user info, characters no DNS name has.
 */
export function hostName(header: string | undefined): string | undefined {
  if (header === undefined || header.length > hostLengthMax) return undefined
  const [, name] = /^([a-z0-9_.-]+?)\.?(?::\d{1,5})?$/i.exec(header) ?? []
  return name?.toLowerCase()
}

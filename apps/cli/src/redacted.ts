/**
 * A configuration as it may be shown: whatever could be a secret is replaced. Bytes are keys, always; a text is one by the name it
 * stands under, and the password of an address by its place.
 */
export function redacted(value: unknown, name = ''): unknown {
  if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'number')
    return value
  if (ArrayBuffer.isView(value)) return hidden
  if (name === 'headers') return hidden
  if (Array.isArray(value)) return value.map((item) => redacted(item, name))
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redacted(inner, key)]))
  }
  const text = String(value)
  return secretNames.test(name) ? hidden : withoutPassword(text)
}

const hidden = '[redacted]'
const secretNames = /^(d|k|key)$|password|secret|token$|privatekey|bypasskey|salt/i

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text
  const url = new URL(text)
  if (url.password === '' && url.search === '') return text
  if (url.password !== '') url.password = 'redacted'
  for (const [name] of [...url.searchParams]) url.searchParams.set(name, 'redacted')
  return url.toString()
}

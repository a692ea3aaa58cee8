import { hash, type KeyObject, verify } from 'node:crypto'

/** Whether the mail bears a DKIM signature (RFC 6376, rsa-sha256, relaxed/relaxed) of that key, over headers and body as they are. */
export function isSignedBy(key: KeyObject, mail: string): boolean {
  const end = mail.indexOf('\r\n\r\n')
  const headers = mail
    .slice(0, end)
    .split(/\r\n(?![ \t])/)
    .map(relaxed)
  const signed = headers.find(([name]) => name === 'dkim-signature')
  if (signed === undefined) return false
  const tags = new Map(
    signed[1].split(';').map((tag) => {
      const at = tag.indexOf('=')
      return [tag.slice(0, at).trim(), tag.slice(at + 1).replaceAll(/\s/g, '')] as const
    }),
  )
  if (tags.get('a') !== 'rsa-sha256' || tags.get('c') !== 'relaxed/relaxed') return false
  if (hash('sha256', relaxedBody(mail.slice(end + 4)), 'base64') !== tags.get('bh')) return false
  const lines = (tags.get('h') ?? '')
    .toLowerCase()
    .split(':')
    .flatMap((wanted) => headers.filter(([name]) => name === wanted).map(([name, text]) => `${name}:${text}`))
  const own = `dkim-signature:${signed[1].replace(/\bb=[^;]*$/, 'b=')}`
  const data = Buffer.from([...lines, own].join('\r\n'), 'latin1')
  return verify('sha256', data, key, Buffer.from(tags.get('b') ?? '', 'base64'))
}

function relaxed(header: string): readonly [name: string, text: string] {
  const colon = header.indexOf(':')
  const text = header.slice(colon + 1).replaceAll('\r\n', '')
  return [header.slice(0, colon).trim().toLowerCase(), text.replaceAll(/[ \t]+/g, ' ').trim()]
}

function relaxedBody(body: string): Buffer {
  const lines = body.split('\r\n').map((line) => line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, ''))
  return Buffer.from(`${lines.join('\r\n').replace(/(\r\n)+$/, '')}\r\n`, 'latin1')
}

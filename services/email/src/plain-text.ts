/**
 * HTML as text, for readers of mail that show none: paragraphs, lines and list items apart, links with where they lead. Takes time in
 * proportion to its length, whatever it is given.
 */
export function plainText(html: string): string {
  const lines = collapsed(textOf(html))
    .split('\n')
    .map((line) => line.trim())
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

function textOf(html: string): string {
  const out: string[] = []
  let link: { href: string; from: number } | undefined
  for (const { text, tag, name } of pieces(html)) {
    out.push(unescaped(text.replaceAll(/\s+/g, ' ')))
    if (name === 'a') {
      const [, quoted, bare] = /\bhref\s{0,9}=\s{0,9}(?:["']([^"']*)["']|([^\s"'>]+))/i.exec(tag) ?? []
      const href = quoted ?? bare
      link = href === undefined ? undefined : { href: unescaped(href), from: out.length }
    } else if (name === '/a' && link !== undefined) {
      const label = out.slice(link.from).join('')
      if (!label.includes(link.href)) out.push(` (${link.href})`)
      link = undefined
    } else out.push(breaks.get(name) ?? '')
  }
  return out.join('')
}

const paragraph = ['p', 'div', 'ul', 'ol', 'table', 'blockquote', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6']
const breaks = new Map([
  ...paragraph.map((name) => [`/${name}`, '\n\n'] as const),
  ...(['br', '/li', '/tr'] as const).map((name) => [name, '\n'] as const),
  ['li', '- '],
])

interface Piece {
  /** What stands before the tag. */
  text: string
  tag: string
  /** Lower-case, with the slash of an end tag; empty at the end of it all and for a comment. */
  name: string
}

function* pieces(html: string): Generator<Piece> {
  let at = 0
  for (;;) {
    const start = html.slice(at).search(/<(?:[a-z/]|!--)/i)
    if (start === -1) break
    const open = at + start
    const [shut, length] = html.startsWith('<!--', open) ? ['-->', 3] : ['>', 1]
    const close = html.indexOf(shut, open)
    if (close === -1) break
    const tag = html.slice(open, close + length)
    const name = /^<(\/?[a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase() ?? ''
    yield { text: html.slice(at, open), tag, name }
    at = close + length
    if (!['style', 'script', 'head'].includes(name)) continue
    const end = html.slice(at).search(new RegExp(`</${name}`, 'i'))
    at = end === -1 ? html.length : at + end
  }
  yield { text: html.slice(at), tag: '', name: '' }
}

/** Spaces that stand side by side where tags were. */
function collapsed(text: string): string {
  return text.replaceAll(/ {2,}/g, ' ')
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,5}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

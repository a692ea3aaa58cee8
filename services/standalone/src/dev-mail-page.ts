import type { CapturedMail } from './mail-folder.ts'

/** Nothing is loaded and nothing runs: what a mail says is text. */
export const mailPagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

export function mailPage(mails: readonly CapturedMail[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Captured mail</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1d2733; background: #fff }
  article { border: 1px solid #c5ced6; border-radius: 8px; padding: 0 1em; margin: 1em 0 }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f2f5f7; padding: 1em; border-radius: 4px }
  h2 { margin-bottom: 0 } p { margin-top: 0; color: #4a5a68 }
</style>
</head>
<body>
<h1>Captured mail</h1>
${mails.length === 0 ? '<p>No mail yet.</p>' : mails.map(mailArticle).join('\n')}
</body>
</html>
`
}

function mailArticle({ at, from, to, subject, text }: CapturedMail): string {
  return `<article>
<h2>${escaped(subject)}</h2>
<p>to ${escaped(to.join(', '))} · from ${escaped(from)} · <time datetime="${escaped(at)}">${escaped(at)}</time></p>
<pre>${escaped(text)}</pre>
</article>`
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

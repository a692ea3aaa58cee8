import type { Community } from '@heronry/communities/community'
import { brandOf } from './brand.ts'
import { type Html, html } from './html.ts'

export interface Page {
  readonly community: Community
  readonly title: string
  readonly body: Html
  /** What was done, or why it was not. */
  readonly told?: Told | undefined
  /** Of whom the page is, as `@handle` or DID, and where else there is something of him; undefined: of nobody. */
  readonly own?: OwnPage | undefined
  /** Whether it speaks with authenticators. */
  readonly script?: boolean
}

export interface Told {
  readonly isProblem: boolean
  readonly text: string
}

export interface OwnPage {
  readonly name: string
  readonly links: readonly { readonly href: string; readonly title: string; readonly isHere: boolean }[]
}

export const stylePath = '/account/security/style.css'
export const scriptPath = '/account/security/passkey.js'

export function layout({ community, title, body, told, own, script = false }: Page): string {
  const { name, logo } = brandOf(community)
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${name}</title>
<link rel="stylesheet" href="${stylePath}">
<link rel="icon" href="${logo ?? 'data:,'}">
${script && html`<script src="${scriptPath}" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar"><div>
<a class="brand" href="/account">${logo && html`<img src="${logo}" alt="">`}${name}</a>
${own && html`<span class="who">${own.name}</span>`}
</div></header>
<div class="${own ? 'frame' : 'frame narrow'}">
${own && navigation(own)}
<main id="main">
<h1>${title}</h1>
${told && html`<p class="${told.isProblem ? 'told bad' : 'told'}" role="${told.isProblem ? 'alert' : 'status'}">${told.text}</p>`}
${body}
</main>
</div>
${footer(community)}
</body>
</html>`}
`
}

function navigation({ links }: OwnPage): Html {
  return html`<nav aria-label="Account security"><ul>
${links.map(
  ({ href, title, isHere }) =>
    html`<li><a href="${href}"${isHere && html` aria-current="page"`}>${title}</a></li>
`,
)}</ul></nav>`
}

function footer({ settings }: Community): Html {
  const { home, support, privacyPolicy, termsOfService } = settings.links
  const links: [string | undefined, string][] = [
    [home, 'Home'],
    [support, 'Support'],
    [privacyPolicy, 'Privacy policy'],
    [termsOfService, 'Terms of service'],
  ]
  return html`<footer><span>${settings.name}</span>
${links.map(([href, title]) => href && html`<a href="${href}">${title}</a>`)}
</footer>`
}

import { palette } from './mail-colors.ts'
import type { MailTexts } from './mail-texts.ts'
import type { MailCatalog, MailPart, MailTemplate } from './mail-words.ts'

/** The Handlebars sources of a mail, made of its words: text and HTML say the same. No image but the logo that comes with the mail. */
export function mailSource(catalog: MailCatalog, template: MailTemplate): MailTexts {
  const { subject, parts } = catalog.mails[template]
  const greeting = `{{#if handle}}${catalog.greeting}{{else}}${catalog.greetingOfStrangers}{{/if}}`
  return {
    subject,
    text: textSource({ greeting, parts, help: catalog.help }),
    html: htmlSource({ subject, greeting, parts, help: catalog.help }),
  }
}

interface Body {
  greeting: string
  parts: readonly MailPart[]
  help: string
}

function textSource({ greeting, parts, help }: Body): string {
  return `${[greeting, ...parts.map(textPart)].join('\n\n')}

--
{{serviceName}}{{#if home}}
{{home}}{{/if}}{{#if support}}
${help}: {{support}}{{/if}}
`
}

function textPart(part: MailPart): string {
  if (typeof part === 'string') return part
  if ('code' in part) return `    {{${part.code}}}`
  if ('link' in part) return `{{${part.link}}}`
  return `{{#each (lines ${part.lines})}}    {{this}}\n{{/each}}`.trim()
}

function htmlSource({ subject, greeting, parts, help }: Body & { subject: string }): string {
  return `<!doctype html>
<html lang="{{language}}">
  <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${subject}</title></head>
  <body style="margin: 0; background: ${palette.paper}; color: ${palette.ink}; font: 16px/1.5 system-ui, sans-serif">
    <div style="background: {{band}}; color: {{onBand}}; padding: 16px 24px; font-size: 18px; font-weight: 700">
      {{#if logo}}<img src="{{logo}}" alt="" height="32" style="height: 32px; vertical-align: middle; margin-right: 12px">{{/if}}{{serviceName}}
    </div>
    <div style="max-width: 34em; padding: 8px 24px 24px">
      <p>${greeting}</p>
      ${parts.map(htmlPart).join('\n      ')}
      <p style="border-top: 1px solid ${palette.line}; margin-top: 32px; padding-top: 16px; color: ${palette.faint}; font-size: 14px">
        {{serviceName}}{{#if home}}<br><a href="{{home}}" style="color: {{link}}">{{home}}</a>{{/if}}
        {{#if support}}<br>${help}: <a href="{{support}}" style="color: {{link}}">{{support}}</a>{{/if}}
      </p>
    </div>
  </body>
</html>
`
}

function htmlPart(part: MailPart): string {
  if (typeof part === 'string') return `<p>${part}</p>`
  if ('code' in part) {
    return `<p style="background: ${palette.tray}; border-radius: 6px; padding: 12px 16px; font: 700 24px/1.5 ui-monospace, monospace; letter-spacing: 0.05em; user-select: all">{{${part.code}}}</p>`
  }
  if ('link' in part) {
    return `<p><a href="{{${part.link}}}" style="color: {{link}}">{{${part.link}}}</a></p>`
  }
  return `{{#if (lines ${part.lines})}}<p style="background: ${palette.tray}; border-radius: 6px; padding: 12px 16px; overflow-wrap: anywhere">{{#each (lines ${part.lines})}}{{this}}<br>{{/each}}</p>{{/if}}`
}

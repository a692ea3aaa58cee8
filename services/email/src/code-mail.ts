import type { MailTexts } from './mail-texts.ts'

/** What is said about one kind of code. In each text `{{name}}` stands for a variable. */
export interface CodeMailWords {
  readonly subject: string
  /** What the code does. */
  readonly purpose: string
  /** For who did not ask for it. */
  readonly unasked: string
}

/**
 * A mail with a code, alike for all purposes: greeting, what the code does, the code by itself to be copied, until when, and what to do
 * with a mail that nobody asked for. No images and no links but the community's own.
 */
export function codeMail({ subject, purpose, unasked }: CodeMailWords): MailTexts {
  return {
    subject,
    text: `Hello @{{handle}},

${purpose}

    {{code}}

${validity}

${unasked}

--
{{serviceName}}{{#if home}}
{{home}}{{/if}}{{#if support}}
Help: {{support}}{{/if}}
`,
    html: `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${subject}</title></head>
  <body style="font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 32em; margin: 2em auto; padding: 0 1em">
    <p>Hello @{{handle}},</p>
    <p>${purpose}</p>
    <p style="font: 700 24px/1.5 ui-monospace, monospace; letter-spacing: 0.05em">{{code}}</p>
    <p>${validity}</p>
    <p>${unasked}</p>
    <p style="border-top: 1px solid #d5dbe1; padding-top: 1em; color: #5a6673; font-size: 14px">
      {{#if home}}<a href="{{home}}" style="color: inherit">{{serviceName}}</a>{{else}}{{serviceName}}{{/if}}
      {{#if support}}· <a href="{{support}}" style="color: inherit">Help</a>{{/if}}
    </p>
  </body>
</html>
`,
  }
}

const validity = 'It is good once, for {{validMinutes}} minutes from when it was asked for: until {{expiry}}.'

import type { MailTexts } from '../mail-texts.ts'

const done =
  'an administrator of {{serviceName}} has taken every second factor from your account: sign-in codes by mail, the authenticator app and recovery codes. From now on your password alone signs in, until you switch one on again.'
const unasked =
  'If you did not ask for it, somebody may have asked in your name: change your password, and write to whoever runs {{serviceName}} at once.'

export const secondFactorsReset: MailTexts = {
  subject: 'Second Factors Removed',
  text: `Hello @{{handle}},

${done}

${unasked}

--
{{serviceName}}{{#if home}}
{{home}}{{/if}}{{#if support}}
Help: {{support}}{{/if}}
`,
  html: `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Second Factors Removed</title></head>
  <body style="font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 32em; margin: 2em auto; padding: 0 1em">
    <p>Hello @{{handle}},</p>
    <p>${done}</p>
    <p>${unasked}</p>
    <p style="border-top: 1px solid #d5dbe1; padding-top: 1em; color: #5a6673; font-size: 14px">
      {{#if home}}<a href="{{home}}" style="color: inherit">{{serviceName}}</a>{{else}}{{serviceName}}{{/if}}
      {{#if support}}· <a href="{{support}}" style="color: inherit">Help</a>{{/if}}
    </p>
  </body>
</html>
`,
}

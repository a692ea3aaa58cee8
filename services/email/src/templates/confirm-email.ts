import type { MailTexts } from '../mail-texts.ts'

export const confirmEmail: MailTexts = {
  subject: 'Email Confirmation',
  text: `Hello @{{handle}},

this code confirms that this e-mail address is yours at {{serviceName}}:

    {{code}}

It is good for 15 minutes. If you did not ask for it, somebody may have typed your address by mistake: you can ignore this
mail, and nothing will happen.
`,
  html: `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Email Confirmation</title></head>
  <body style="font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 32em; margin: 2em auto; padding: 0 1em">
    <p>Hello @{{handle}},</p>
    <p>this code confirms that this e-mail address is yours at {{serviceName}}:</p>
    <p style="font: 700 24px/1.5 ui-monospace, monospace; letter-spacing: 0.05em">{{code}}</p>
    <p>It is good for 15 minutes. If you did not ask for it, somebody may have typed your address by mistake: you can
    ignore this mail, and nothing will happen.</p>
  </body>
</html>
`,
}

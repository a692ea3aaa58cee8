import { codeMail } from '../code-mail.ts'

export const signInCode = codeMail({
  subject: 'Sign-in Code',
  purpose: 'somebody has typed your password at {{serviceName}}. This code completes the sign-in:',
  unasked:
    'Give it to nobody. If it was not you, somebody knows your password: without this code it opens nothing, but change it now.',
})

import { codeMail } from '../code-mail.ts'

export const resetPassword = codeMail({
  subject: 'Password Reset Requested',
  purpose: 'with this code you can choose a new password for your account at {{serviceName}}:',
  unasked:
    'A new password ends every session and every app password. If you did not ask for it, you can ignore this mail, and nothing will happen; give the code to nobody.',
})

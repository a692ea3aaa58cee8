import { codeMail } from '../code-mail.ts'

export const updateEmail = codeMail({
  subject: 'Email Update Requested',
  purpose:
    'with this code your account at {{serviceName}} can be given another e-mail address than this one:',
  unasked:
    'If you did not ask for it, somebody is logged in to your account: give the code to nobody, and change your password.',
})

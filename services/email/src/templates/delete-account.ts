import { codeMail } from '../code-mail.ts'

export const deleteAccount = codeMail({
  subject: 'Account Deletion Requested',
  purpose:
    'with this code and your password your account at {{serviceName}} is deleted, with everything in it, for good:',
  unasked:
    'If you did not ask for it, somebody is logged in to your account: give the code to nobody, and change your password.',
})

import { codeMail } from '../code-mail.ts'

export const confirmEmail = codeMail({
  subject: 'Email Confirmation',
  purpose: 'this code confirms that this e-mail address is yours at {{serviceName}}:',
  unasked:
    'If you did not ask for it, somebody may have typed your address by mistake: you can ignore this mail, and nothing will happen.',
})

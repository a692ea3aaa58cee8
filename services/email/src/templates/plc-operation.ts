import { codeMail } from '../code-mail.ts'

export const plcOperation = codeMail({
  subject: 'PLC Update Operation Requested',
  purpose:
    'with this code {{serviceName}} signs one change of your identity: of its keys, of its names, or of the server that it lives on:',
  unasked:
    'Who has this code can take your identity elsewhere: give it to nobody but the tool with which you move. If you did not ask for it, somebody is logged in to your account: change your password.',
})

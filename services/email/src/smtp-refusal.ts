import { PermanentFailure } from '@heronry/jobs/permanent-failure'

/** Why a mail was not taken, without the address or what the server said of it. */
export interface SmtpRefusal {
  readonly error: Error
  /** The SMTP status where the address itself is refused for good: there is no such mailbox. */
  readonly hardBounce?: number
}

/**
 * What becomes of a mail that was not taken. A 5xx about the mail or who gets it is final; one to the greeting or the login is our own
 * trouble, which an operator can end, and so is a 530 to anything (RFC 4954, 6: we should have logged in): every mail would be lost to a password
 * that was changed. Everything else passes.
 */
export function smtpRefusal(cause: unknown): SmtpRefusal {
  const {
    responseCode,
    code,
    command = '',
    response = '',
  } = cause as Partial<Record<string, string>> & {
    responseCode?: number
  }
  const said = `The mail server did not take the mail: ${responseCode ?? code ?? 'no answer'}`
  const isAboutMail = /^(MAIL|RCPT|DATA)/.test(command) && responseCode !== 530
  if (responseCode === undefined || responseCode < 500 || !isAboutMail) {
    return { error: new Error(said) }
  }
  const error = new PermanentFailure(said)
  return isMailboxGone(command, { responseCode, response }) ? { error, hardBounce: responseCode } : { error }
}

/** RFC 3463: x.1.x is the address, x.2.1 a mailbox that is closed. Without such a code the status says it; all else may be about us. */
function isMailboxGone(
  command: string,
  { responseCode, response }: { responseCode: number; response: string },
): boolean {
  if (!command.startsWith('RCPT')) return false
  const [, enhanced] = /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? []
  if (enhanced !== undefined) return /^5\.(1\.\d+|2\.1)$/.test(enhanced)
  return [550, 551, 553].includes(responseCode)
}

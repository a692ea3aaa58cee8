import type { CodeTemplate, NoticeTemplate } from '@heronry/jobs/kinds/send-mail'

/**
 * What one mail says, as the one source of its text and its HTML. In each text `{{name}}` stands for a value, which is escaped in the HTML:
 * `handle`, `serviceName`, `moment` (when it was caused), what the template has, and of codes `code`, `validMinutes`,
 * `expiry` and perhaps `asked`.
 */
export interface MailWords {
  readonly subject: string
  readonly parts: readonly MailPart[]
}

export type MailPart =
  | string
  /** Stands alone, to be copied. */
  | { readonly code: string }
  /** Stands alone, as it is written: whoever reads sees where it leads. */
  | { readonly link: string }
  /** A value of several lines, one below the other. */
  | { readonly lines: string }

export type MailTemplate = CodeTemplate | NoticeTemplate

/** All mails in one language: another one is a file beside `languages/en.ts`, and a line in `languages.ts`. */
export interface MailCatalog {
  readonly greeting: string
  readonly greetingOfStrangers: string
  readonly help: string
  readonly mails: Readonly<Record<MailTemplate, MailWords>>
}

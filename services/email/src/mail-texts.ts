/** One mail's three texts. In a template `{{name}}` stands for a variable, which is escaped in the HTML. */
export interface MailTexts {
  readonly subject: string
  readonly text: string
  readonly html: string
}

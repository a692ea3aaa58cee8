import type { MailTexts } from '../mail-texts.ts'
import { renderMail } from '../render-mail.ts'
import { mailTemplates, type SampleBrand, sampleMail } from '../sample-mail.ts'

/** A mail with made-up values. Throws, with the names of all, for a template that there is not. */
export async function preview([name, brand = '{}']: readonly string[]): Promise<MailTexts> {
  const template = mailTemplates.find((it) => it === name)
  if (template === undefined) throw new Error(`There is: ${mailTemplates.join(', ')}`)
  return renderMail(sampleMail(template, JSON.parse(brand) as SampleBrand))
}

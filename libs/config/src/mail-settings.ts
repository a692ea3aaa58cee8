import type { MailSettings } from '@heronry/communities/community'
import { z } from 'zod'
import type { EnvironmentReader } from './environment-reader.ts'

/** Characters of a logo's `data:` URL: it goes out with every mail. */
const logoLengthMax = 32 * 1024

const color = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be a colour: #rrggbb')
  .transform((text) => text.toLowerCase())

/** `settings.mail` in HERONRY_COMMUNITIES_FILE. */
export const mailSettings = z.strictObject({
  fromName: z.string().min(1).optional(),
  fromAddress: z.email().optional(),
  color: color.optional(),
  logo: z
    .string()
    .max(logoLengthMax)
    .regex(/^data:image\/(png|jpeg|gif);base64,[a-z0-9+/]+=*$/i, 'must be a PNG, JPEG or GIF as a data: URL')
    .optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, 'must be a language: en, pt-BR')
    .optional(),
})

/** Of the one community that PDS_* describe: PDS_PRIMARY_COLOR. PDS_LOGO_URL is left alone: a mail loads nothing. */
export function readMailSettings(reader: EnvironmentReader): MailSettings | undefined {
  const text = reader.string('PRIMARY_COLOR')
  const parsed = color.safeParse(text)
  if (parsed.success) return { color: parsed.data }
  if (text !== undefined)
    reader.warnings.push('PDS_PRIMARY_COLOR is not of the form #rrggbb, and mails do without')
  return undefined
}

import type { BrandingSettings } from '@heronry/communities/community'
import { z } from 'zod'
import type { EnvironmentReader } from './environment-reader.ts'

/** Characters of an image that is a `data:` URL: it comes with every page. */
const imageLengthMax = 128 * 1024

const color = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be a colour: #rrggbb')
  .transform((text) => text.toLowerCase())

const image = z
  .url()
  .max(imageLengthMax)
  .regex(
    /^(https:|http:|data:image\/(png|jpeg|gif|webp|svg\+xml)[;,])/i,
    'must be an image by https: or data:',
  )

/** `settings.branding` in HERONRY_COMMUNITIES_FILE. */
export const brandingSettings = z.strictObject({
  logo: image.optional(),
  colors: z
    .strictObject({
      primary: color.optional(),
      error: color.optional(),
      warning: color.optional(),
      info: color.optional(),
      success: color.optional(),
    })
    .optional(),
  background: z.strictObject({ light: image.optional(), dark: image.optional() }).optional(),
})

/** Of the one community that PDS_* describe, by the names of the reference. What is of no good form is warned of: the pages do without. */
export function readBrandingSettings(reader: EnvironmentReader): BrandingSettings | undefined {
  const read = (name: string, kind: typeof color | typeof image, wanted: string) => {
    const text = reader.string(name)
    if (text === undefined) return undefined
    const parsed = kind.safeParse(text)
    if (!parsed.success) reader.warnings.push(`PDS_${name} is not ${wanted}, and pages do without`)
    return parsed.data
  }
  const colorOf = (name: string) => read(name, color, 'of the form #rrggbb')
  const imageOf = (name: string) => read(name, image, 'an image by https: or data:')
  const colors = {
    primary: colorOf('PRIMARY_COLOR'),
    error: colorOf('ERROR_COLOR'),
    warning: colorOf('WARNING_COLOR'),
    info: colorOf('INFO_COLOR'),
    success: colorOf('SUCCESS_COLOR'),
  }
  const background = { light: imageOf('BACKGROUND_LIGHT_URL'), dark: imageOf('BACKGROUND_DARK_URL') }
  const logo = imageOf('LOGO_URL')
  const isEmpty = [logo, ...Object.values(colors), ...Object.values(background)].every(
    (it) => it === undefined,
  )
  return isEmpty ? undefined : { logo, colors, background }
}

import { contrast, contrastMin } from '@heronry/communities/contrast'

/** What a mail is made of, whatever its community's colour. */
export const palette = {
  paper: '#ffffff',
  ink: '#1d2733',
  /** Of what stands at the end. */
  faint: '#5a6673',
  /** Behind a code. */
  tray: '#f2f5f7',
  line: '#d5dbe1',
}

/** `#rrggbb` of the community, and what can be read on it and in it. */
export interface BrandColors {
  readonly band: string
  readonly onBand: string
  readonly link: string
}

/** White or black can be read on any colour; a colour that cannot be read on white is none for links. */
export function brandColors(color = palette.ink): BrandColors {
  const onBand = contrast(color, '#ffffff') >= contrastMin ? '#ffffff' : '#000000'
  return { band: color, onBand, link: contrast(color, palette.paper) >= contrastMin ? color : palette.ink }
}

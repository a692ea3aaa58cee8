/** WCAG 2.2 AA, for text of any size. */
export const contrastMin = 4.5

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

/** From 1 (the same) to 21 (black on white): WCAG 2.2, relative luminance. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((left, right) => left - right)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

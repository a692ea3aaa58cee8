import type { Community } from '@heronry/communities/community'
import { contrast, contrastMin } from '@heronry/communities/contrast'

/** How a community's pages look: as those of the provider do (oauth/branding.ts). */
export interface Brand {
  readonly name: string
  /** An address that pages may load pictures from; undefined: none. */
  readonly logo: string | undefined
  /** Of buttons, and what can be read on it. */
  readonly primary: string
  readonly onPrimary: string
  /** Of links, by day and by night: the colour, where it can be read there. */
  readonly link: string
  readonly linkAtNight: string
}

/** Of the provider's pages, where nobody has said anything. */
const defaultPrimary = '#8338ec'
export const papers = { day: '#ffffff', night: '#171717' }
const inks = { day: '#0a0a0a', night: '#fafafa' }

export function brandOf({ settings }: Community): Brand {
  const { name, branding = {}, mail = {} } = settings
  const primary = branding.colors?.primary ?? mail.color ?? defaultPrimary
  return {
    name,
    logo: branding.logo ?? mail.logo,
    primary,
    onPrimary: contrast(primary, '#ffffff') >= contrastMin ? '#ffffff' : '#000000',
    link: contrast(primary, papers.day) >= contrastMin ? primary : inks.day,
    linkAtNight: contrast(primary, papers.night) >= contrastMin ? primary : inks.night,
  }
}

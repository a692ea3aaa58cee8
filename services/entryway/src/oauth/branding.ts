import type { BrandingConfig } from '@atproto/oauth-provider/provider'
import type { Community } from '@heronry/communities/community'

/** How the provider's pages look in a community: as it says, else as its mails do. */
export function brandingOf({ publicUrl, settings }: Community): BrandingConfig {
  const { name, branding = {}, mail = {}, links } = settings
  const link = (title: string, href: string | undefined, rel?: string) =>
    href === undefined ? [] : [{ title, href, ...(rel !== undefined && { rel }) }]
  return {
    name,
    logo: branding.logo ?? mail.logo,
    colors: { ...branding.colors, primary: branding.colors?.primary ?? mail.color },
    background: branding.background,
    links: [
      ...link('Home', links.home, 'canonical'),
      ...link('Terms of Service', links.termsOfService, 'terms-of-service'),
      ...link('Privacy Policy', links.privacyPolicy, 'privacy-policy'),
      ...link('Support', links.support, 'help'),
      ...link('Security', `${publicUrl}/account/security`),
      ...link('Sign in with a passkey', `${publicUrl}/account/passkey`),
      // The provider's own field for codes takes those that are mailed and no others.
      ...link('Sign in with an authenticator app', `${publicUrl}/account/security/sign-in`),
    ],
  }
}

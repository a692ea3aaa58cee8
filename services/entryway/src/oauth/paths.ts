import type { OAuthRouteGroup } from '../rate-limits.ts'

const api = (names: string) => names.split(/\s+/).map((name) => `/@atproto/oauth-provider/~api/${name}`)

/** Every path of the provider, by how it is limited. Pages of ours under /account are routes of their own, which win over `*`. */
export const oauthPaths: Record<OAuthRouteGroup, readonly string[]> = {
  documents: ['/.well-known/oauth-authorization-server', '/.well-known/change-password', '/oauth/jwks'],
  assets: ['/@atproto/oauth-provider/~assets/*'],
  tokens: ['/oauth/par', '/oauth/token', '/oauth/revoke'],
  pages: ['/oauth/authorize', '/oauth/authorize/redirect', '/account', '/account/*'],
  signIn: api('sign-in'),
  signUp: api('sign-up'),
  reset: api('reset-password-request'),
  confirmReset: api('reset-password-confirm'),
  deleteAccount: api('delete-account-confirm'),
  acts: api(`verify-handle-availability sign-out update-email-request update-email-confirm verify-email-request verify-email-confirm
    update-handle deactivate-account reactivate-account delete-account-request revoke-account-session revoke-oauth-session consent
    reject device-sessions oauth-sessions account-sessions`),
}

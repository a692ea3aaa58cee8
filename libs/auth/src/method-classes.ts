/** Methods that only the account's own server answers: they are neither proxied nor asked for with a service token. */
export function isProtectedMethod(nsid: string): boolean {
  return protectedMethods.has(nsid.toLowerCase())
}

/**
 * Methods that an app password needs its privilege for, where it asks another service for them: private messages, all of them (the
 * reference knows a list, and lets through what came after it), and leaving for another server.
 */
export function isPrivilegedMethod(nsid: string): boolean {
  const name = nsid.toLowerCase()
  return name.startsWith('chat.bsky.') || name === createAccountMethod.toLowerCase()
}

/** The one that a taken-down account may leave with. */
export const createAccountMethod = 'com.atproto.server.createAccount'

const protectedMethods: ReadonlySet<string> = new Set(
  [
    'com.atproto.admin.sendEmail',
    'com.atproto.identity.requestPlcOperationSignature',
    'com.atproto.identity.signPlcOperation',
    'com.atproto.identity.updateHandle',
    'com.atproto.server.activateAccount',
    'com.atproto.server.confirmEmail',
    'com.atproto.server.createAppPassword',
    'com.atproto.server.deactivateAccount',
    'com.atproto.server.getAccountInviteCodes',
    'com.atproto.server.getSession',
    'com.atproto.server.listAppPasswords',
    'com.atproto.server.requestAccountDelete',
    'com.atproto.server.requestEmailConfirmation',
    'com.atproto.server.requestEmailUpdate',
    'com.atproto.server.revokeAppPassword',
    'com.atproto.server.updateEmail',
  ].map((nsid) => nsid.toLowerCase()),
)

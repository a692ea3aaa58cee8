import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { invalidHandle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { CodeTemplate } from '@heronry/jobs/kinds/send-mail'
import type { Actor } from './actor.ts'
import { type EmailPurpose, emailPurposes, issueEmailToken } from './email-token.ts'
import { enqueueMail } from './enqueue-mail.ts'
import { type Login, lockLogin } from './find-login.ts'
import type { Device } from './known-device.ts'
import { programName } from './program-name.ts'

const templates: Record<EmailPurpose, CodeTemplate> = {
  [emailPurposes.confirmEmail]: 'confirm-email',
  [emailPurposes.updateEmail]: 'update-email',
  [emailPurposes.resetPassword]: 'reset-password',
  [emailPurposes.deleteAccount]: 'delete-account',
  [emailPurposes.plcOperation]: 'plc-operation',
  [emailPurposes.signIn]: 'sign-in-code',
}

export interface TokenMail {
  readonly community: { readonly id: CommunityId }
  readonly login: Login
  readonly purpose: EmailPurpose
  readonly now: Date
  /** Where it was asked for; the mail says so. */
  readonly device?: Device | undefined
}

/** Makes a token and the mail that brings it, to the login's address: the mail goes out if, and only if, the token stands. */
export async function mailToken(
  tx: Transaction,
  { community, login, purpose, now, device }: TokenMail,
): Promise<void> {
  const { token, expiresAt } = await issueEmailToken(tx, { actorId: login.actor.id, purpose, now })
  await enqueueMail(tx, {
    communityId: community.id,
    actorId: login.actor.id,
    to: login.email,
    at: now,
    mail: {
      template: templates[purpose],
      handle: login.actor.handle ?? invalidHandle,
      code: token,
      expiresAt: expiresAt.getTime(),
      validMinutes: (expiresAt.getTime() - now.getTime()) / 60_000,
      ...(device && {
        asked: {
          did: login.actor.did,
          device: programName(device.userAgent) ?? '?',
          address: device.network,
        },
      }),
    },
  })
}

export interface TokenRequest {
  readonly community: { readonly id: CommunityId }
  readonly actor: Actor
  readonly purpose: EmailPurpose
  readonly device?: Device | undefined
}

/** Mails a token to whom a session has shown to be the actor. Throws `InvalidRequest` for an actor that has no address. */
export async function requestToken(
  { db, clock }: { db: Database; clock: Clock },
  { actor, ...request }: TokenRequest,
): Promise<void> {
  await inTransaction(db, { name: 'request token' }, async (tx) => {
    const stored = await lockLogin(tx, actor.id)
    if (stored === undefined) throw noAddress()
    await mailToken(tx, { ...request, login: stored.login, now: new Date(clock.now()) })
  })
}

export function noAddress(): HeronryError {
  return new HeronryError('InvalidRequest', 'account does not have an email address')
}

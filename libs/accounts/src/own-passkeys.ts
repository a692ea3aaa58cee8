import { HeronryError } from '@heronry/core/error'
import { changeConfirmed } from './change-as-owner.ts'
import { notify } from './notify.ts'
import { deletePasskey, storePasskeyName } from './passkey-store.ts'
import { type PasskeyDeps, type PasskeyOwner, passkeyName } from './register-passkey.ts'

export interface OwnPasskeyRequest extends PasskeyOwner {
  readonly passkeyId: string
}

/** Throws `NotFound`, and `InvalidRequest` for a name without letters or too long. */
export async function renamePasskey(
  { db }: Pick<PasskeyDeps, 'db'>,
  { community, actor, passkeyId, name }: OwnPasskeyRequest & { readonly name: string },
): Promise<void> {
  const own = { communityId: community.id, actorId: actor.id, id: passkeyId }
  if (!(await storePasskeyName(db, { ...own, name: passkeyName(name) }))) throw unknown()
}

/**
 * Takes a passkey away, for who has shown to be the owner, and tells him by mail: what it has signed in to stays. Throws `NotFound` and
 * `AuthenticationRequired`.
 */
export async function removePasskey(
  deps: PasskeyDeps,
  { community, actor, passkeyId, confirmation }: OwnPasskeyRequest & { readonly confirmation: string },
): Promise<void> {
  await changeConfirmed(deps, { actor, confirmation }, async (tx, login) => {
    const own = { communityId: community.id, actorId: actor.id, id: passkeyId }
    const name = await deletePasskey(tx, own)
    if (name === undefined) throw unknown()
    await notify(tx, { login, template: 'passkey-removed', values: { name }, at: new Date(deps.clock.now()) })
  })
}

function unknown(): HeronryError {
  return new HeronryError('NotFound', 'There is no such passkey')
}

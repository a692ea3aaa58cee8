import { type Authenticator, createAuthenticator, type Lies } from '@heronry/testing/authenticator'
import { confirmWithPassword } from '../src/owner-confirmation.ts'
import { askForPasskey } from '../src/prove-passkey.ts'
import { beginPasskey, registerPasskey } from '../src/register-passkey.ts'
import { relyingParty } from '../src/relying-party.ts'
import { signInWithPasskey } from '../src/sign-in-with-passkey.ts'
import { type FactorHouse, type Member, member } from './second-factor-house.ts'

export const device = { network: '192.0.2.1', userAgent: 'Heron/1' }

export function authenticatorFor({ community }: Pick<Member, 'community'>, options: object = {}) {
  return createAuthenticator({ ...relyingParty(community), ...options })
}

/** Somebody who has shown the password once more. */
export async function confirmed(house: FactorHouse, community = house.here) {
  const one = await member(house, community)
  return { ...one, confirmation: await confirmWithPassword(house.deps, one) }
}

export type Confirmed = Awaited<ReturnType<typeof confirmed>>

export async function addPasskey(
  { deps }: FactorHouse,
  one: Confirmed,
  {
    key = authenticatorFor(one),
    name = 'laptop',
    lies,
  }: { key?: Authenticator; name?: string; lies?: Lies } = {},
): Promise<Authenticator> {
  const options = await beginPasskey(deps, one)
  await registerPasskey(deps, { ...one, name, answer: key.create(options, lies) })
  return key
}

export async function signIn(
  { deps }: FactorHouse,
  { community }: Pick<Member, 'community'>,
  { key, lies }: { key: Authenticator; lies?: Lies },
) {
  const options = await askForPasskey(deps, { community, actorId: null })
  return await signInWithPasskey(deps, { community, answer: key.get(options, lies), ...device })
}

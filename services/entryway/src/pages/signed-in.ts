import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { Handle } from '@heronry/core/handle'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface SignedInAccount {
  readonly did: Did
  readonly handle: Handle | null
}

/** The accounts that are signed in on the device that asks, and have not been for too long. */
export type SignedIn = (
  request: FastifyRequest,
  reply: FastifyReply,
  community: Community,
) => Promise<readonly SignedInAccount[]>

/** Remembers an account as signed in on the device that asks. */
export type SignIn = (
  request: FastifyRequest,
  reply: FastifyReply,
  signIn: { readonly community: Community; readonly did: Did },
) => Promise<void>

import type { Community } from '@heronry/communities/community'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface SignedInAccount {
  readonly did: string
  readonly handle: string | undefined
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
  signIn: { readonly community: Community; readonly did: string },
) => Promise<void>

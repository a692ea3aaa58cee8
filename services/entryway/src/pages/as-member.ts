import type { Community } from '@heronry/communities/community'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { assertOwnForm } from './forgery.ts'
import { findMember, type Member, type MemberDeps } from './member.ts'
import type { PageDeps } from './page-deps.ts'
import type { Form } from './section.ts'
import { sendStrangerPage } from './stranger-page.ts'

export interface MemberPath {
  Params: { did: string }
  Querystring: Record<string, string | undefined>
  Body: Record<string, unknown> | undefined
}

export type MemberRequest = FastifyRequest<MemberPath>

type Handler = (member: Member, request: MemberRequest, reply: FastifyReply) => Promise<FastifyReply>

/** A route for the member that its address names, if he is signed in; whoever is not is led to where he can. A form must be one of our own. */
export function asMember(deps: MemberDeps & Pick<PageDeps, 'communities'>, handler: Handler) {
  return async (request: MemberRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const community = await communityOf(deps, request)
    if (request.method === 'POST') assertOwnForm(request, community, formOf(request)('token'))
    const member = await findMember(deps, { request, reply, community, did: request.params.did })
    if (member !== undefined) return await handler(member, request, reply)
    return sendStrangerPage(reply, { community, next: '/account/security' })
  }
}

export async function communityOf(
  { communities }: Pick<PageDeps, 'communities'>,
  request: Pick<FastifyRequest, 'headers'>,
): Promise<Community> {
  return (await communities.forHost(request.headers.host)).community
}

export function formOf({ body }: { readonly body?: unknown }): Form {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  return (name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    return typeof value === 'string' ? value : ''
  }
}

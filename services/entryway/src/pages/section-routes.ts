import { HeronryError } from '@heronry/core/error'
import { errorAnswer } from '@heronry/xrpc/error-answer'
import type { RateLimiter } from '@heronry/xrpc/rate-limiter'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { asMember, communityOf, formOf, type MemberPath, type MemberRequest } from './as-member.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { OwnPage, Told } from './layout.ts'
import { type Member, pagesOf } from './member.ts'
import type { PageDeps } from './page-deps.ts'
import type { ConfirmedMember, Section } from './section.ts'
import { sendPage } from './send-page.ts'
import { sendStrangerPage } from './stranger-page.ts'

/** The sections of an account's pages, each with its forms: what is done leads back to the section, which says so. */
export const sectionRoutes =
  (
    deps: PageDeps & { readonly countMail: RateLimiter | undefined },
    sections: readonly Section[],
  ): FastifyPluginAsync =>
  async (app) => {
    app.get('/account/security', async (request, reply) => {
      const community = await communityOf(deps, request)
      const accounts = await deps.signedIn(request, reply, community)
      const [first] = accounts
      if (first === undefined) return sendStrangerPage(reply, { community, next: '/account/security' })
      if (accounts.length === 1) return reply.redirect(pagesOf(first.did), 303)
      const body = html`<ul class="tiles">${accounts.map(
        ({ did, handle }) =>
          html`<li><a href="${pagesOf(did)}"><strong>${handle ? `@${handle}` : did}</strong></a></li>`,
      )}</ul>`
      return sendPage(reply, { community, title: 'Which account?', body })
    })
    for (const section of sections) {
      const path = ['/account/security/:did', section.path].filter(Boolean).join('/')
      app.get<MemberPath>(
        path,
        asMember(deps, async (member, request, reply) => {
          const told = saidOf(section, request.query['done'])
          return await showSection(reply, { sections, section, member, told })
        }),
      )
      for (const name of Object.keys(section.actions)) {
        const act = asMember(deps, async (member, request, reply) => {
          if (section.actions[name]?.isMail) {
            await deps.countMail?.(reply, { req: request, call: { did: member.actor.did } })
          }
          return await carryOut(reply, { sections, section, member, request, name })
        })
        app.post<MemberPath>(`${path}/${name}`, act)
      }
    }
  }

interface Shown {
  readonly sections: readonly Section[]
  readonly section: Section
  readonly member: Member
  readonly told?: Told | undefined
  /** In the place of what the section shows. */
  readonly body?: Html | undefined
}

async function showSection(reply: FastifyReply, { sections, section, member, told, body }: Shown) {
  const { title, script = false } = section
  const own = ownPage(sections, { member, here: section.path })
  const page = { community: member.community, title, told, own, script }
  return sendPage(reply, { ...page, body: body ?? (await section.show(member)) })
}

async function carryOut(
  reply: FastifyReply,
  { name, request, ...shown }: Shown & { readonly name: string; readonly request: MemberRequest },
): Promise<FastifyReply> {
  const { section, member } = shown
  const action = section.actions[name]
  if (action === undefined) throw new TypeError(`no action ${name}`)
  if (!isConfirmed(member) && !action.isHarmless) return toConfirm(reply, { section, member })
  try {
    const body = await action.act(member as ConfirmedMember, formOf(request))
    if (body === undefined) return reply.redirect(`${addressOf(shown)}?done=${name}`, 303)
    return await showSection(reply, { ...shown, body })
  } catch (error) {
    if (!(error instanceof HeronryError)) throw error
    if (error.code === 'AuthenticationRequired') return toConfirm(reply, { section, member })
    return await showSection(reply.code(errorAnswer(error).status), {
      ...shown,
      told: { isProblem: true, text: error.message },
    })
  }
}

function isConfirmed(member: Member): member is ConfirmedMember {
  return member.confirmation !== undefined
}

function toConfirm(
  reply: FastifyReply,
  { section, member }: Pick<Shown, 'section' | 'member'>,
): FastifyReply {
  return reply.redirect(`${member.base}/confirm?next=${section.path}`, 303)
}

function addressOf({ section, member }: Pick<Shown, 'section' | 'member'>): string {
  return [member.base, section.path].filter(Boolean).join('/')
}

function saidOf({ actions, told = {} }: Section, done: string | undefined): Told | undefined {
  if (done === undefined) return undefined
  const text = Object.hasOwn(actions, done)
    ? actions[done]?.done
    : Object.hasOwn(told, done)
      ? told[done]
      : ''
  return text ? { isProblem: false, text } : undefined
}

export function ownPage(
  sections: readonly Section[],
  { member, here }: { readonly member: Member; readonly here: string | undefined },
): OwnPage {
  const { handle, did } = member.actor
  const links = sections.map((section) => ({
    href: addressOf({ section, member }),
    title: section.title,
    isHere: section.path === here,
  }))
  return { name: handle === null ? did : `@${handle}`, links }
}

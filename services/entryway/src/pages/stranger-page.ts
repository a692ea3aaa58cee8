import type { Community } from '@heronry/communities/community'
import type { FastifyReply } from 'fastify'
import { html } from './html.ts'
import { sendPage } from './send-page.ts'

/** For who is not signed in on his device, or was too long ago: the provider forgets who does not ask to be remembered. */
export function sendStrangerPage(
  reply: FastifyReply,
  { community, next }: { community: Community; next: string },
): FastifyReply {
  const query = new URLSearchParams({ return_to: next })
  const body = html`<section>
<p>This page is for who is signed in on this device.</p>
<p><a class="button" href="/account/security/sign-in?${query.toString()}">Sign in</a></p>
<p><a href="/account/passkey?${query.toString()}">Or use a passkey</a></p>
</section>`
  return sendPage(reply.code(401), { community, title: 'Sign in first', body })
}

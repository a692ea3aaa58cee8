import { html } from '../html.ts'
import type { Section } from '../section.ts'

/** Everything that an account has written, to be taken away: public as it is, so that it is the public method's to give it. */
export const exportSection: Section = {
  path: 'export',
  title: 'Export',
  show: async ({ actor, community }) => {
    const query = new URLSearchParams({ did: actor.did })
    const file = `${actor.handle ?? actor.did.replaceAll(':', '-')}.car`
    return html`<section>
<h2>Your records</h2>
<p>All that you have written, with its signatures, as a CAR file: other servers of the network read it, and so do tools such as “goat repo inspect”.</p>
${
  actor.status === 'active'
    ? html`<p><a class="button" href="/xrpc/com.atproto.sync.getRepo?${query.toString()}" download="${file}">Download ${file}</a></p>`
    : html`<p>Your account is deactivated: it shows nothing to anybody. <a href="/account">Reactivate it</a> to download your records.</p>`
}
</section>
<section>
<h2>Pictures and videos</h2>
<p>They are not in the file. Tools fetch them one by one from <code>${community.publicUrl}</code>, such as “goat blob export ${actor.did}”.</p>
</section>`
  },
  actions: {},
}

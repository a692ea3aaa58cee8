import { TestBrowser } from './oauth-client.ts'

/** What a set lets an app write: it speaks for names of its own domain alone. */
export function sightingOf(nsid: string): string {
  return nsid.replace(/[^.]+$/, 'sighting')
}

/** A member of the house at `origin` publishes the set. */
export async function publishSet(
  origin: string,
  nsid: string,
  { did, username, password }: { did: string; username: string; password: string },
) {
  const call = async (method: string, body: object, token?: string) => {
    const answer = await new TestBrowser().send(`${origin}/xrpc/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
    if (answer.status !== 200) throw new Error(`${method}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body) as { accessJwt: string }
  }
  const { accessJwt } = await call('com.atproto.server.createSession', { identifier: username, password })
  const record = {
    $type: 'com.atproto.lexicon.schema',
    lexicon: 1,
    id: nsid,
    defs: {
      main: {
        type: 'permission-set',
        title: 'Watch birds',
        permissions: [{ type: 'permission', resource: 'repo', collection: [sightingOf(nsid)] }],
      },
    },
  }
  await call(
    'com.atproto.repo.putRecord',
    { repo: did, collection: 'com.atproto.lexicon.schema', rkey: nsid, record },
    accessJwt,
  )
}

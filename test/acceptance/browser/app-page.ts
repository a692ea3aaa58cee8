import { BrowserOAuthClient, buildLoopbackClientId, type OAuthSession } from '@atproto/oauth-client-browser'

/** What a test does in the page of the app, where `app-in-browser.ts` puts it as `window.app`. */
interface AppPage {
  readonly did: string | null
  /** Leaves the page. */
  signIn(handle: string): void
  post(text: string): Promise<{ status: number; authorization: string }>
  refresh(): Promise<void>
  signOut(): Promise<void>
  /** What the house answers to a token that was sent before, with a proof of the same key. */
  answerTo(authorization: string): Promise<{ status: number; error: string | undefined }>
}

declare global {
  interface Window {
    app?: AppPage
  }
}

const { house = '', plc = '' } = document.documentElement.dataset
const scope = 'atproto repo:app.bsky.feed.post'
let sent = ''

const client = await BrowserOAuthClient.load({
  clientId: `${buildLoopbackClientId(location)}&${new URLSearchParams({ scope })}`,
  handleResolver: house,
  plcDirectoryUrl: plc,
  allowHttp: true,
  fetch: (input, init) => {
    const request = new Request(input, init)
    sent = request.headers.get('authorization') ?? sent
    return fetch(request)
  },
})
window.app = pageOf((await client.init())?.session)

function pageOf(session: OAuthSession | undefined): AppPage {
  const signedIn = () => {
    if (!session) throw new Error('Nobody is signed in')
    return session
  }
  const collection = 'app.bsky.feed.post'
  return {
    did: session?.did ?? null,
    signIn: (handle) => void client.signIn(handle),
    async post(text) {
      const record = { $type: collection, text, createdAt: new Date().toISOString() }
      const { status } = await signedIn().fetchHandler('/xrpc/com.atproto.repo.createRecord', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ repo: signedIn().did, collection, record }),
      })
      return { status, authorization: sent }
    },
    refresh: async () => void (await signedIn().getTokenInfo(true)),
    signOut: () => signedIn().signOut(),
    async answerTo(authorization) {
      const url = new URL('/xrpc/com.atproto.server.getSession', house)
      const answer = await signedIn()['dpopFetch'](url, { headers: { authorization } })
      const { error } = (await answer.json()) as { error?: string }
      return { status: answer.status, error }
    },
  }
}

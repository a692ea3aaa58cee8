import { randomBytes } from 'node:crypto'

/**
 * What `npm start` says when the house is ready: where it is, who administers it, and three commands that work as they stand,
 * with an account nobody has yet.
 *
 * @param {{ url: string, adminPassword: string }} house
 */
export async function welcome({ url, adminPassword }) {
  const lines = [`Heronry is ready: ${url}`, `  admin password: ${adminPassword}`]
  const commands = await examples(url)
  return [...lines, ...commands.map((command) => `\n${command}`), '', 'Ctrl-C stops it.'].join('\n')
}

/** @param {string} url */
async function examples(url) {
  const domain = await handleDomain(url)
  if (domain === undefined) return []
  const name = `heron-${randomBytes(3).toString('hex')}`
  const password = randomBytes(6).toString('hex')
  const handle = `${name}${domain}`
  const xrpc = `${url}/xrpc/com.atproto`
  const post = (/** @type {string} */ method, /** @type {object} */ body) =>
    `curl -s ${xrpc}.${method} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`
  const collection = 'app.bsky.feed.post'
  const record = { $type: collection, text: 'Hello from the heronry', createdAt: new Date().toISOString() }
  const session = post('server.createSession', { identifier: handle, password })
  const token = `$(${session} | sed 's/.*"accessJwt":"\\([^"]*\\)".*/\\1/')`
  return [
    post('server.createAccount', { handle, email: `${name}@example.com`, password }),
    `${post('repo.createRecord', { repo: handle, collection, record })} -H "Authorization: Bearer ${token}"`,
    `curl -s '${xrpc}.repo.listRecords?repo=${handle}&collection=${collection}'`,
  ]
}

/** A domain for handles of the community that answers at the address; a house of several may answer at none. @param {string} url */
async function handleDomain(url) {
  const answer = await fetch(`${url}/xrpc/com.atproto.server.describeServer`).catch(() => undefined)
  if (!answer?.ok) return undefined
  const { availableUserDomains } = /** @type {{ availableUserDomains?: string[] }} */ (await answer.json())
  return availableUserDomains?.[0]
}

import { IdResolver } from '@atproto/identity'
import { type Event, Firehose } from '@atproto/sync'
import { askText } from '../ask-host.ts'
import type { House } from '../house.ts'
import type { IndependentConsumer, Told } from './consumer.ts'

/**
 * The reference's own consumer, which verifies signature and proof of every operation by the key in the DID document, and handles in both
 * directions. An operation that it does not believe, it leaves out.
 */
export const atprotoSync: IndependentConsumer = {
  name: '@atproto/sync',
  follow(house, { cursor }) {
    const told: Told[] = []
    const errors: unknown[] = []
    const firehose = new Firehose({
      service: house.url.replace('http', 'ws'),
      idResolver: resolverOf(house),
      getCursor: () => told.at(-1)?.seq ?? cursor,
      handleEvent: (event) => void told.push({ seq: event.seq, what: inWords(event) }),
      onError: (error) => errors.push(error),
    })
    void firehose.start()
    return { told, errors, [Symbol.asyncDispose]: () => firehose.destroy() }
  },
}

/** The names under `.test` lead nowhere: what a handle's host answers is asked for at the house, and name servers are not. */
function resolverOf(house: House): IdResolver {
  const resolver = new IdResolver({
    plcUrl: house.plcUrl,
    async fetch(input, init) {
      const { hostname, pathname } = new URL(String(input))
      if (!hostname.endsWith('.test')) return await fetch(input, init)
      const { status, text } = await askText(house.url, { host: hostname, path: pathname })
      return new Response(text, { status })
    },
  })
  resolver.handle.resolveDns = async () => undefined
  return resolver
}

function inWords(event: Event): string {
  switch (event.event) {
    case 'create':
    case 'update':
      return `${event.event} ${event.uri} ${event.cid}`
    case 'delete':
      return `delete ${event.uri}`
    case 'identity':
      return `identity ${event.did} ${event.handle}`
    case 'account':
      return `account ${event.did} ${event.status ?? 'active'}`
    case 'sync':
      return `sync ${event.did}`
  }
}

import type { HttpFetch } from '@heronry/identity/http-fetch'

/**
 * The house's fetch for addresses that strangers choose, as the provider calls it: public addresses alone, few bytes, little time. No
 * redirect is followed: its answer is not ok, and nobody takes it for the document.
 */
export function guardedFetch(fetch: HttpFetch): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, { ...init, redirect: 'manual' })
    if (request.method !== 'GET') throw new TypeError(`${request.method} is not for documents`)
    const accept = request.headers.get('accept') ?? '*/*'
    const answer = await fetch({ url: request.url, accept, signal: request.signal })
    const { status, contentType, location, body } = answer
    const headers = {
      ...(contentType !== '' && { 'content-type': contentType }),
      ...(location !== '' && { location }),
    }
    const isEmpty = status === 204 || status === 205 || status === 304
    return new Response(isEmpty ? null : new Uint8Array(body), { status, headers })
  }
}

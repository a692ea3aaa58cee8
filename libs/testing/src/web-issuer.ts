import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Did } from '@heronry/core/did'
import { type ServiceClaims, strangerKey } from './stranger-key.ts'

/** A did:web whose document stands on a real HTTP server, and who signs service tokens with the key that it names, or another. */
export async function webIssuer() {
  let key = await strangerKey()
  let requests = 0
  let answer: { status: number; type: string; body: string }
  const server = createServer((_, response) => {
    requests++
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const did = `did:web:localhost%3A${(server.address() as AddressInfo).port}` as Did
  publish({})

  /** What its server answers from now on: unless told otherwise the document, with its key. */
  function publish({ type = 'application/json', status = 200, body = JSON.stringify(document()) }) {
    answer = { status, type, body }
  }

  function document({ didKey = key.didKey, pds }: { didKey?: string; pds?: string } = {}) {
    const publicKeyMultibase = didKey.slice('did:key:'.length)
    const serviceEndpoint = pds
    return {
      id: did,
      verificationMethod: [{ id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase }],
      ...(pds && { service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint }] }),
    }
  }

  return {
    did,
    /** How often its document was asked for. */
    requests: () => requests,
    publish,
    document,
    /** Changes the key that it signs with; its document says so once it is published. */
    async rotate(curve?: 'K-256' | 'P-256') {
      key = await strangerKey(curve)
    },
    serviceToken: (claims: Omit<ServiceClaims, 'iss'> & { iss?: string }) =>
      key.serviceToken({ iss: did, ...claims }),
    sign: (bytes: Uint8Array) => key.sign(bytes),
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections()
    },
  }
}

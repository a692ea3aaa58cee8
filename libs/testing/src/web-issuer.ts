import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { nextRev } from '@heronry/core/rev'
import { repoCar } from './repo-car.ts'
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
    /** A repo of such records, signed with the key. */
    repoCar: async (records: readonly { path: string; value: Uint8Array }[]) => {
      const rev = nextRev(systemClock)
      // Signing takes a turn: first what is to be signed, then what it is signed with.
      let unsigned = new Uint8Array()
      const sign = (bytes: Uint8Array) => {
        unsigned = new Uint8Array(bytes)
        return new Uint8Array(64)
      }
      repoCar({ did, rev, sign, records: () => records })
      const signature = await key.sign(unsigned)
      const car = repoCar({ did, rev, sign: () => signature, records: () => records })
      return Buffer.concat([...car.chunks()])
    },
    serviceToken: (claims: Omit<ServiceClaims, 'iss'> & { iss?: string }) =>
      key.serviceToken({ iss: did, ...claims }),
    sign: (bytes: Uint8Array) => key.sign(bytes),
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections()
    },
  }
}

import type { Did } from '@heronry/core/did'
import { parseHandle } from '@heronry/core/handle'
import { genesisOperation } from '@heronry/identity/plc-operation'
import { updateOperation } from '@heronry/identity/plc-update'
import { strangerKey } from '@heronry/testing/stranger-key'
import { generatePrivateKey } from '@heronry/vault/secp256k1'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import { ask, type Question } from './ask.ts'
import type { EntrywayHouse } from './entryway-house.ts'

export type Mover = Awaited<ReturnType<typeof plcMover>> | Awaited<ReturnType<typeof webMover>>

type Community = 'herons' | 'storks'

const lxm = 'com.atproto.server.createAccount'
let count = 0

/** Somebody with a did:plc and an account at another server, which signs for them. */
export async function plcMover(house: EntrywayHouse) {
  const key = await strangerKey()
  const rotation = signerOfPrivateKey(generatePrivateKey())
  const { plc } = house.context.signUp
  const { did, operation } = await genesisOperation({
    signingKey: key.didKey,
    handle: parseHandle(`mover${++count}.old.example.com`),
    pdsUrl: 'https://old.example.com',
    rotationKeys: [],
    rotation,
  })
  await plc.submit(did, operation)
  return {
    ...moving(house, { did, key }),
    rotation,
    /** Its owner has the directory say something else of it. */
    async publish(change: Parameters<typeof updateOperation>[1]['change']) {
      const last = (await plc.lastOperation(did)) ?? operation
      await plc.submit(did, await updateOperation(rotation, { last, change }))
    },
  }
}

/** Somebody whose did:web stands on a server of their own. */
export async function webMover(house: EntrywayHouse, host = `heron${++count}.example.org`) {
  const key = await strangerKey()
  const did = `did:web:${host}` as Did
  const url = `https://${host}/.well-known/did.json`
  const publish = ({
    didKey = key.didKey,
    pds = 'https://old.example.com',
    type = 'application/json',
  } = {}) => {
    const publicKeyMultibase = didKey.slice('did:key:'.length)
    const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }
    const method = { id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase }
    const body = JSON.stringify({ id: did, verificationMethod: [method], service: [service] })
    house.web.pages.set(url, { body, headers: { 'content-type': type } })
  }
  publish()
  return { ...moving(house, { did, key }), url, publish }
}

function moving(
  house: EntrywayHouse,
  { did, key }: { did: Did; key: Awaited<ReturnType<typeof strangerKey>> },
) {
  const tokenFor = (at: Community, claims: { aud?: string; lxm?: string; iss?: string; exp?: number } = {}) =>
    key.serviceToken({ iss: did, aud: `did:web:${at}.example.com`, lxm, ...claims })
  return {
    did,
    key,
    /** A service token of the account elsewhere. */
    tokenFor,
    /** Asks for an account, with a fresh token and an invite where the community asks for one. */
    async moveIn(at: Community, change: object = {}, question: Question = {}) {
      const invite = { at, admin: `${at}-secret`, input: { useCount: 1 } }
      const { body } = await ask(house, 'com.atproto.server.createInviteCode', invite)
      const name = `moved${++count}`
      const input = {
        did,
        handle: `${name}.${at}.test`,
        email: `${name}@example.com`,
        password: 'correct horse',
        inviteCode: body.code as string,
        ...change,
      }
      const token = await tokenFor(at)
      return { input, ...(await ask(house, lxm, { at, token, input, ...question })) }
    },
  }
}

import { parseHandle } from '@heronry/core/handle'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { genesisOperation, type PlcOperation } from '@heronry/identity/plc-operation'
import { updateOperation } from '@heronry/identity/plc-update'
import { strangerKey } from '@heronry/testing/stranger-key'
import { generatePrivateKey } from '@heronry/vault/secp256k1'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import type { House } from '../house.ts'

/** What another server does for somebody who leaves it: it signs service tokens, and operations for the PLC directory. */
export async function oldServer({ plcUrl }: House, handle: string) {
  const plc = createPlcDirectory({ url: plcUrl, fetch: createHttpFetch({ publicOnly: false }) })
  const [key, rotation] = [await strangerKey(), signerOfPrivateKey(generatePrivateKey())]
  const { did, operation } = await genesisOperation({
    ...{ signingKey: key.didKey, handle: parseHandle(handle), pdsUrl: 'https://old.example.com' },
    ...{ rotationKeys: [], rotation },
  })
  await plc.submit(did, operation)
  return {
    did,
    /** com.atproto.server.getServiceAuth */
    getServiceAuth: (aud: string) =>
      key.serviceToken({ iss: did, aud, lxm: 'com.atproto.server.createAccount' }),
    /** com.atproto.identity.signPlcOperation */
    signPlcOperation: async (
      change: Parameters<typeof updateOperation>[1]['change'],
    ): Promise<PlcOperation> => {
      const last = (await plc.lastOperation(did)) ?? operation
      return await updateOperation(rotation, { last, change })
    },
  }
}

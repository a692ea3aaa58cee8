import { InvalidClientError, InvalidDpopProofError } from '@atproto/oauth-provider/errors'
import { OAuthProvider } from '@atproto/oauth-provider/provider'
import { clockFault } from '@heronry/auth/clock-fault'
import { clockSkewMaxMs } from '../limits.ts'

type Client = Awaited<ReturnType<OAuthProvider['clientManager']['getClient']>>
type Verify = (token: string, options?: { clockTolerance?: number }) => Promise<unknown>

/**
 * The provider, but that clocks may be off by `clockSkewMaxMs` in whatever a client signs, not in its proofs alone; and that a client whose
 * clock is off by more is told so.
 */
export class HouseProvider extends OAuthProvider {
  override async checkDpopProof(...args: Parameters<OAuthProvider['checkDpopProof']>) {
    try {
      return await super.checkDpopProof(...args)
    } catch (error) {
      const fault = clockFault(error)
      throw fault === undefined ? error : new InvalidDpopProofError(fault, error)
    }
  }

  protected override async authenticateClient(...args: Parameters<OAuthProvider['authenticateClient']>) {
    const [{ client_id }] = args
    const { clientManager } = this
    // The manager makes a client anew each time it is asked: this one is for the call below alone.
    const client = tolerant(await clientManager.getClient(client_id))
    const asked = Object.create(this, {
      clientManager: { value: Object.create(clientManager, { getClient: { value: async () => client } }) },
    }) as OAuthProvider
    try {
      return await super.authenticateClient.apply(asked, args)
    } catch (error) {
      const fault = clockFault(error)
      throw fault === undefined ? error : new InvalidClientError(fault, error)
    }
  }
}

function tolerant(client: Client): Client {
  const { jwtVerify } = client as unknown as { jwtVerify: Verify }
  const verify: Verify = (token, options) =>
    jwtVerify.call(client, token, { ...options, clockTolerance: clockSkewMaxMs / 1000 })
  return Object.defineProperty(client, 'jwtVerify', { value: verify })
}

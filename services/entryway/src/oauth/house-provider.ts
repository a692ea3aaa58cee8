import { InvalidClientError, InvalidDpopProofError } from '@atproto/oauth-provider/errors'
import { OAuthProvider, type OAuthProviderOptions } from '@atproto/oauth-provider/provider'
import { clockFault } from '@heronry/auth/clock-fault'
import { clockSkewMaxMs } from '../limits.ts'

/**
 * The provider, but that clocks may be off by `clockSkewMaxMs` in whatever a client signs, not in its proofs alone; and that a client whose
 * clock is off by more is told so.
 */
export class HouseProvider extends OAuthProvider {
  constructor(options: OAuthProviderOptions) {
    super(options)
    const { clientManager } = this
    const getClient = clientManager.getClient.bind(clientManager)
    // The manager makes a client anew each time it is asked for one.
    clientManager.getClient = async (id) => tolerant(await getClient(id))
  }

  override async checkDpopProof(...args: Parameters<OAuthProvider['checkDpopProof']>) {
    try {
      return await super.checkDpopProof(...args)
    } catch (error) {
      const fault = clockFault(error)
      throw fault === undefined ? error : new InvalidDpopProofError(fault, error)
    }
  }

  protected override async authenticateClient(...args: Parameters<OAuthProvider['authenticateClient']>) {
    try {
      return await super.authenticateClient(...args)
    } catch (error) {
      const fault = clockFault(error)
      throw fault === undefined ? error : new InvalidClientError(fault, error)
    }
  }
}

type Client = Awaited<ReturnType<OAuthProvider['clientManager']['getClient']>>
type Verify = (token: string, options?: object) => Promise<unknown>

function tolerant(client: Client): Client {
  const { jwtVerify } = client as unknown as { jwtVerify: Verify }
  const verify: Verify = (token, options) =>
    jwtVerify.call(client, token, { ...options, clockTolerance: clockSkewMaxMs / 1000 })
  return Object.defineProperty(client, 'jwtVerify', { value: verify })
}

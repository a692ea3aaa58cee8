import { InvalidRequestError } from '@atproto/xrpc-server'
import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import { isHeronryError } from '@heronry/core/error'
import type { DidDocument } from '@heronry/identity/did-document'
import type { DidResolver } from '@heronry/identity/did-resolver'
import { documentService } from '@heronry/identity/document-keys'
import { appViewOf } from './default-upstream.ts'
import type { NamedService } from './proxy-header.ts'
import type { Upstream } from './upstream.ts'

/**
 * Where a service is that a client names: the community's own AppView where it is configured, any other where its DID document says.
 * Throws the reference's 400s for what does not resolve, `Upstream…` while the PLC directory is away.
 */
export async function findUpstream(
  resolver: DidResolver,
  { community, named }: { community: Community; named: NamedService },
): Promise<Upstream> {
  const appView = appViewOf(community)
  if (appView !== undefined && isSame(appView, named)) return appView
  const { did, serviceId } = named
  const document = await resolved(resolver, did)
  if (document === null) throw new InvalidRequestError('could not resolve proxy did')
  const service = documentService(document, serviceId)
  if (service === undefined) throw new InvalidRequestError('could not resolve proxy did service url')
  return { kind: 'other', did, serviceId, origin: service.origin, isConfigured: false }
}

/** Whether a client means a service by its name. */
function isSame(upstream: Upstream, named: NamedService): boolean {
  return upstream.did === named.did && upstream.serviceId === named.serviceId
}

/** Null also where the DID's own server is the fault, or its method is none of ours. */
export function resolved(resolver: DidResolver, did: Did): Promise<DidDocument | null> {
  return resolver.resolve(did).catch((error: unknown) => {
    if (isHeronryError(error) && !did.startsWith('did:plc:')) return null
    throw error
  })
}

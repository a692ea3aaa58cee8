import type { Community } from '@heronry/communities/community'
import { type Did, isDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { type Handle, invalidHandle, parseHandle } from '@heronry/core/handle'
import { declaredHandles } from '@heronry/identity/declared-handles'
import type { DidDocument } from '@heronry/identity/did-document'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import { type ResolveHandleDeps, resolveHandle } from './resolve-handle.ts'

export interface ResolveIdentityDeps extends ResolveHandleDeps {
  readonly resolver: DidResolver
  readonly plc: PlcDirectory
}

/** com.atproto.identity.defs#identityInfo */
export interface Identity {
  readonly did: Did
  /** `handle.invalid` unless document and handle point at each other. */
  readonly handle: Handle
  readonly document: DidDocument
}

export interface IdentityQuestion {
  readonly community: Community
  readonly didOrHandle: string
  /** Past the cache. */
  readonly force?: boolean
}

/** A whole identity of a DID or a handle. Throws `HandleNotFound`, and what `resolveDid` throws. */
export async function resolveIdentity(
  deps: ResolveIdentityDeps,
  { community, didOrHandle, force = false }: IdentityQuestion,
): Promise<Identity> {
  const asked = isDid(didOrHandle) ? undefined : parseHandle(didOrHandle)
  const did =
    asked === undefined ? (didOrHandle as Did) : await resolveHandle(deps, { community, handle: asked })
  if (did === null) throw new HeronryError('HandleNotFound', 'Unable to resolve handle')
  const document = await resolveDid(deps, { did, force })
  const [claimed] = declaredHandles(document)
  if (claimed === undefined) return { did, handle: invalidHandle, document }
  const agrees = claimed === asked || (await resolveHandle(deps, { community, handle: claimed })) === did
  return { did, handle: agrees ? claimed : invalidHandle, document }
}

/**
 * The document of a DID. Throws `DidNotFound`, `DidDeactivated` for a did:plc that was ended, `Unsupported` for a DID that is neither plc
 * nor web, and `Upstream…`.
 */
export async function resolveDid(
  { resolver, plc }: Pick<ResolveIdentityDeps, 'resolver' | 'plc'>,
  { did, force = false }: { did: Did; force?: boolean },
): Promise<DidDocument> {
  const document = await resolver.resolve(did, { force })
  if (document !== null) return document
  const last = did.startsWith('did:plc:') ? await plc.lastOperation(did) : null
  if (last?.type === 'plc_tombstone') throw new HeronryError('DidDeactivated', 'The DID has been deactivated')
  throw new HeronryError('DidNotFound', 'The DID could not be found')
}

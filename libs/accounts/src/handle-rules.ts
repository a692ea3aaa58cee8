import type { Community } from '@heronry/communities/community'
import type { CommunityDirectory } from '@heronry/communities/directory'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { type Handle, parseHandle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { HandleResolver } from '@heronry/identity/handle-resolver'
import { type HandleRules, listHandleRules } from './handle-rule-store.ts'
import { isInappropriate, isReserved, shippedRules } from './handle-words.ts'
import { handleLabelLengthMax, handleLabelLengthMin } from './limits.ts'
import { resolveElsewhere } from './resolve-handle.ts'

/** `.test` is allowed: development lives there. */
const disallowedTlds = ['local', 'arpa', 'invalid', 'localhost', 'internal', 'example', 'alt', 'onion']

export interface HandleRulesDeps {
  readonly db: Database
  readonly communities: Pick<CommunityDirectory, 'all' | 'forHandle'>
  /** How the world resolves a handle that is not of this house. */
  readonly handles: HandleResolver
}

export interface HandleRequest {
  handle: string
  community: Community
  /** Whose it is to be; left out: one who has no DID yet, and so can have no handle of another domain. */
  did?: Did | undefined
  /** An administrator may give what is reserved or inappropriate, and nothing else that is refused. */
  asAdmin?: boolean | undefined
}

/**
 * The handle that an account of the community may have, if nobody has it yet: under one of the community's handle domains, or one that the
 * world resolves to its DID already.
 *
 * Throws, in the reference's order (§5.5), `InvalidHandle`, `HandleNotAvailable` (reserved, or a name of the house itself),
 * `UnsupportedDomain`, and `InvalidRequest` where the world does not say so. Asks the network: not inside a transaction.
 */
export async function assertHandleAllowed(deps: HandleRulesDeps, request: HandleRequest): Promise<Handle> {
  const { community, did } = request
  const own = await loadHandleRules(deps.db, community.id)
  const { handle, isOurs } = checkHandle({
    ...request,
    communities: await deps.communities.all(),
    rules: own,
  })
  if (isOurs) return handle
  if (did === undefined) throw new HeronryError('UnsupportedDomain', 'Not a supported handle domain')
  if ((await resolveElsewhere(deps, { community, handle })) !== did) {
    throw new HeronryError('InvalidRequest', 'External handle did not resolve to DID')
  }
  return handle
}

/** Those of the software and those of the community together. */
async function loadHandleRules(db: Database, communityId: CommunityId): Promise<HandleRules> {
  const own = await listHandleRules(db, communityId)
  if (own.length === 0) return shippedRules
  const words = (kind: keyof HandleRules) =>
    new Set([...shippedRules[kind], ...own.filter((rule) => rule.kind === kind).map(({ word }) => word)])
  return {
    reserved: words('reserved'),
    inappropriate: words('inappropriate'),
    allowed: words('allowed'),
  }
}

interface Check {
  handle: string
  community: Community
  /** All of the house: their own names are nobody's handle. */
  communities: readonly Community[]
  rules: HandleRules
  did?: Did | undefined
  asAdmin?: boolean | undefined
}

/** All that can be said without asking anybody; `isOurs`: it is under a handle domain of the community. Throws as `assertHandleAllowed`. */
export function checkHandle({ handle: text, community, communities, rules, did, asAdmin = false }: Check) {
  const handle = parseHandle(text)
  const tld = handle.slice(handle.lastIndexOf('.') + 1)
  if (disallowedTlds.includes(tld)) throw invalid('Handle TLD is invalid or disallowed')
  const domain = longest(community.handleDomains.filter((candidate) => handle.endsWith(candidate)))
  const label = domain === undefined ? handle : handle.slice(0, -domain.length)
  if (!asAdmin && isInappropriate(label, rules)) throw invalid('Inappropriate language in handle')
  if (domain !== undefined) {
    if (label.includes('.')) throw invalid('Invalid characters in handle')
    if (label.length < handleLabelLengthMin) throw invalid('Handle too short')
    if (label.length > handleLabelLengthMax) throw invalid('Handle too long')
    if (!asAdmin && isReserved(label, rules)) throw reserved()
  }
  const isOurs = domain !== undefined
  if ((isOurs || did !== undefined) && isHouseName(handle, communities)) throw reserved()
  return { handle, isOurs }
}

function isHouseName(handle: Handle, communities: readonly Community[]): boolean {
  return communities.some(
    ({ hostname, handleDomains }) => hostname === handle || handleDomains.includes(`.${handle}`),
  )
}

function longest(texts: readonly string[]): string | undefined {
  return texts.toSorted((left, right) => right.length - left.length)[0]
}

function reserved(): HeronryError {
  return new HeronryError('HandleNotAvailable', 'Reserved handle')
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidHandle', message)
}

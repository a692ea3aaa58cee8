import { HeronryError } from '@heronry/core/error'
import { type Handle, isHandle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Community } from './community.ts'
import { hostName } from './host-name.ts'
import { hostHeadersMax } from './limits.ts'

export type HostMatch =
  | { readonly kind: 'community'; readonly community: Community }
  /** A host below a handle domain: it answers only `/.well-known/atproto-did`. */
  | { readonly kind: 'handle'; readonly community: Community; readonly handle: Handle | null }

/** All communities at one moment, and which of them a host or a handle belongs to. */
export class CommunityMap {
  readonly all: readonly Community[]
  readonly #byId: Map<CommunityId, Community>
  readonly #byHostname: Map<string, Community>
  readonly #byDomain: Map<string, Community>
  /** Host headers as clients write them, of communities: almost every request brings one of a few. */
  readonly #known = new Map<string, HostMatch>()

  constructor(communities: readonly Community[]) {
    this.all = communities
    this.#byId = new Map(communities.map((it) => [it.id, it]))
    this.#byHostname = new Map(communities.map((it) => [it.hostname, it]))
    this.#byDomain = new Map(communities.flatMap((it) => it.handleDomains.map((domain) => [domain, it])))
  }

  byId(id: CommunityId): Community | undefined {
    return this.#byId.get(id)
  }

  /**
   * An exact community hostname, else the longest handle domain, else the only community if there is just one; throws
   * `UnknownHost` for every other.
   */
  forHost(header: string | undefined): HostMatch {
    const known = this.#known.get(header ?? '')
    if (known !== undefined) return known
    const match = this.#matchHost(header)
    if (match.kind === 'community' && this.#known.size < hostHeadersMax) this.#known.set(header ?? '', match)
    return match
  }

  #matchHost(header: string | undefined): HostMatch {
    const name = hostName(header)
    const exact = name === undefined ? undefined : this.#byHostname.get(name)
    if (exact) return { kind: 'community', community: exact }
    const owner = name === undefined ? undefined : this.forHandle(name)
    if (name !== undefined && owner) return handleMatch(owner, name)
    const [only, ...others] = this.all
    if (only && others.length === 0) return { kind: 'community', community: only }
    throw new HeronryError('UnknownHost', 'No community answers to this host: check the Host header')
  }

  /** The community under whose longest handle domain the name stands. */
  forHandle(name: string): Community | undefined {
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const owner = this.#byDomain.get(name.slice(dot))
      if (owner) return owner
    }
    return undefined
  }
}

function handleMatch(community: Community, name: string): HostMatch {
  return { kind: 'handle', community, handle: isHandle(name) ? name : null }
}

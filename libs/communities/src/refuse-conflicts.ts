import { HeronryError } from '@heronry/core/error'
import type { CommunityDefinition } from './community.ts'

type Hosts = Pick<CommunityDefinition, 'slug' | 'hostname' | 'handleDomains'>

/**
 * A hostname must not stand where another community's members have their handles, and a handle domain belongs to one. Throws
 * `AlreadyExists`.
 */
export function refuseConflicts(communities: readonly Hosts[]): void {
  for (const { hostname, handleDomains, slug } of communities) {
    for (const other of communities) {
      if (other.slug === slug) continue
      const domain = other.handleDomains.find((it) => hostname.endsWith(it))
      if (domain !== undefined) {
        throw new HeronryError(
          'AlreadyExists',
          `The host ${hostname} of ${slug} is below the handle domain ${domain} of ${other.slug}`,
        )
      }
      const shared = handleDomains.find((it) => other.handleDomains.includes(it))
      if (shared !== undefined || hostname === other.hostname) {
        throw new HeronryError(
          'AlreadyExists',
          `${shared ?? hostname} belongs to both ${slug} and ${other.slug}`,
        )
      }
    }
  }
}

/** A community's hostname never changes. Throws `AlreadyExists`. */
export function refuseMove(before: Hosts, { slug, hostname }: Hosts): void {
  if (before.hostname === hostname) return
  throw new HeronryError(
    'AlreadyExists',
    `The community ${slug} is ${before.hostname} and cannot become ${hostname}: moving it to another host is a migration`,
  )
}

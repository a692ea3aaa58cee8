import {
  type AccountPermissionMatch,
  type BlobPermissionMatch,
  type IdentityPermissionMatch,
  type RepoPermissionMatch,
  type RpcPermissionMatch,
  ScopeMissingError,
  ScopePermissions,
  ScopePermissionsTransition,
} from '@atproto/oauth-scopes'
import { HeronryError } from '@heronry/core/error'
import { LRUCache } from 'lru-cache'
import { readScopesMax } from './limits.ts'

/** Something that a method does in an account's name, and that it may be narrowed from. */
export type Deed =
  | { readonly repo: RepoPermissionMatch }
  | { readonly blob: BlobPermissionMatch }
  | { readonly rpc: RpcPermissionMatch }
  | { readonly account: AccountPermissionMatch }
  | { readonly identity: IdentityPermissionMatch }

/** What a session is narrowed to; null: nothing but its scope narrows it. */
export type Permissions = ScopePermissions | null

export function permissionsOf(scopes: readonly string[] | null): Permissions {
  return scopes && new ScopePermissions(scopes)
}

const readScopes = new LRUCache<string, ScopePermissionsTransition>({ max: readScopesMax })

/** What an app was let do, by the scope of its session, in which the permission sets are spelled out. */
export function oauthPermissionsOf(scope: string): ScopePermissionsTransition {
  const known = readScopes.get(scope)
  if (known !== undefined) return known
  const permissions = new ScopePermissionsTransition(scope)
  readScopes.set(scope, permissions)
  return permissions
}

export function isPermitted(permissions: Permissions, deed: Deed): boolean {
  if (permissions === null) return true
  if ('repo' in deed) return permissions.allowsRepo(deed.repo)
  if ('blob' in deed) return permissions.allowsBlob(deed.blob)
  if ('rpc' in deed) return permissions.allowsRpc(deed.rpc)
  if ('account' in deed) return permissions.allowsAccount(deed.account)
  return permissions.allowsIdentity(deed.identity)
}

/** Throws `ScopeMissingError`, with the scope that would permit it, where a session may not do something. */
export function assertPermitted({ permissions }: { permissions: Permissions }, deed: Deed): void {
  if (permissions === null) return
  try {
    assertScope(permissions, deed)
  } catch (error) {
    if (error instanceof ScopeMissingError) throw new HeronryError('ScopeMissingError', error.message)
    throw error
  }
}

function assertScope(permissions: ScopePermissions, deed: Deed): void {
  if ('repo' in deed) permissions.assertRepo(deed.repo)
  else if ('blob' in deed) permissions.assertBlob(deed.blob)
  else if ('rpc' in deed) permissions.assertRpc(deed.rpc)
  else if ('account' in deed) permissions.assertAccount(deed.account)
  else permissions.assertIdentity(deed.identity)
}

import {
  AccountPermission,
  BlobPermission,
  IdentityPermission,
  RepoPermission,
  RpcPermission,
} from '@atproto/oauth-scopes'
import { HeronryError } from '@heronry/core/error'
import { permissionLengthMax, permissionsMax } from './limits.ts'

/**
 * The permissions that an app password is narrowed to, as OAuth scopes in their normal form (https://atproto.com/specs/permission):
 * `repo:…`, `blob:…`, `rpc:…`, `account:email…` and `identity:handle`. What no app password may do, no scope gives it. Throws
 * `InvalidRequest`.
 */
export function parsePermissions(scopes: readonly string[]): string[] {
  if (scopes.length === 0 || scopes.length > permissionsMax) {
    throw new HeronryError('InvalidRequest', `Name 1 to ${permissionsMax} permissions, or none at all`)
  }
  return [...new Set(scopes.map(parsePermission))]
}

function parsePermission(scope: string): string {
  const permission = scope.length <= permissionLengthMax ? permissionOf(scope) : null
  if (permission === null) {
    throw new HeronryError('InvalidRequest', `No permission of an app password: ${scope.slice(0, 100)}`)
  }
  return permission.toString()
}

function permissionOf(scope: string): { toString(): string } | null {
  const account = AccountPermission.fromString(scope)
  if (account !== null) return account.attr === 'email' ? account : null
  const identity = IdentityPermission.fromString(scope)
  if (identity !== null) return identity.attr === 'handle' ? identity : null
  return (
    RepoPermission.fromString(scope) ?? BlobPermission.fromString(scope) ?? RpcPermission.fromString(scope)
  )
}

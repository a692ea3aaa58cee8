import type { IncomingMessage } from 'node:http'
import type { ScopePermissionsTransition } from '@atproto/oauth-scopes'
import type { Actor } from '@heronry/accounts/actor'
import type { AccessScope } from '@heronry/accounts/tokens'
import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { Permissions } from './permissions.ts'

/** What an authenticator may know of a request. */
export interface CredentialRequest {
  /** The Authorization header, unread. */
  readonly authorization: string | undefined
  /** Whose host was asked: a credential of another community is worth nothing here. */
  readonly community: Community
  /** The method that is called. */
  readonly nsid: string
  /** What its client is counted by: an IPv4 address, or the network of an IPv6 address. */
  readonly client: string
  /** Takes what is to be undone where the call comes to nothing: a token is used up by what succeeds. */
  readonly ifFailed?: (undo: () => Promise<void>) => void
  /** The request itself, unread: what a proof of possession is about. */
  readonly message: Pick<IncomingMessage, 'method' | 'url' | 'headers'>
}

/** Turns a request's credentials into who it is; throws the protocol's error where they do not suffice. */
export type Authenticator<A> = (request: CredentialRequest) => Promise<A>

export interface SessionCredentials {
  readonly type: 'session'
  readonly actor: Actor
  readonly scope: AccessScope
  /** What its app password is narrowed to. A method that accepts such a session asserts what it does (permissions.ts). */
  readonly permissions: Permissions
}

/** An app that an account has let in. A method that accepts it asserts what it does (permissions.ts). */
export interface OAuthCredentials {
  readonly type: 'oauth'
  readonly actor: Actor
  readonly clientId: string
  /** Of its access token (`jti`). */
  readonly tokenId: string
  readonly permissions: ScopePermissionsTransition
}

/** Whoever acts in an account's name. */
export type MemberCredentials = SessionCredentials | OAuthCredentials

export interface RefreshCredentials {
  readonly type: 'refresh'
  readonly actor: Actor
  /** The session row's id (`jti`). */
  readonly sessionId: string
}

/** Whoever holds the signing key of a DID, by a service token for the method that is called: an account somewhere, not necessarily here. */
export interface ServiceCredentials {
  readonly type: 'service'
  readonly did: Did
}

/** An account of the community, by a service token that it let another service have. */
export interface DelegatedCredentials {
  readonly type: 'delegated'
  readonly actor: Actor
}

/** Who ends a session, which may have ended before. */
export interface LogOutCredentials {
  readonly type: 'logOut'
  /** Undefined where the account is gone, and its sessions with it. */
  readonly actor: Actor | undefined
  /** The session row's id (`jti`). */
  readonly sessionId: string
}

/** The moderation service of the community that was asked, by a service token of its own. */
export interface ModeratorCredentials {
  readonly type: 'moderator'
  readonly did: Did
}

/** The administrator of the community that was asked, and of no other. */
export interface AdminCredentials {
  readonly type: 'admin'
}

export interface NoCredentials {
  readonly type: 'none'
}

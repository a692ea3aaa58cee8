import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'

/** A tenant: a public host with handle domains, policy and branding of its own. */
export interface Community {
  readonly id: CommunityId
  readonly slug: string
  /** Lower-case, without port. Never changes. */
  readonly hostname: string
  /** The origin under which the world reaches it, without a slash at the end. */
  readonly publicUrl: string
  /** `did:web:<hostname>` unless configured otherwise: the audience of its tokens. */
  readonly serviceDid: Did
  /** Each with its leading dot; the first is the default. */
  readonly handleDomains: readonly string[]
  readonly adminPasswordHash: string | null
  readonly settings: CommunitySettings
}

/** A URI with its scheme. */
export type Uri = `${string}:${string}`

/** What a community decides for itself; stored as JSON. */
export interface CommunitySettings {
  readonly name: string
  readonly inviteRequired: boolean
  /** In each an account earns an invite code. Undefined: none is earned. */
  readonly inviteIntervalMs?: number | undefined
  /** ms since 1970; what an account lived before it earns nothing. */
  readonly inviteEpochMs?: number | undefined
  readonly contactEmail?: string | undefined
  /** Origins of the relays that are asked to crawl it. Undefined: none. */
  readonly crawlers?: readonly string[] | undefined
  readonly legacySessions?: LegacySessions | undefined
  /** Whose service tokens moderate the community, beside its administrator. Undefined: nobody's. */
  readonly modServiceDid?: Did | undefined
  /** Where that service is asked. Undefined: nowhere. */
  readonly modServiceUrl?: string | undefined
  /** Asked for whatever is nobody else's. */
  readonly appView?: AppView | undefined
  /** Takes reports. Undefined: the moderation service does. */
  readonly reportService?: ServiceAddress | undefined
  /** Private messages. */
  readonly chatService?: ServiceAddress | undefined
  /** Services whose tokens name not only the DID but the service, `did#id`: their DIDs, or `*` for all. */
  readonly fragmentAudiences?: readonly string[] | undefined
  readonly mail?: MailSettings | undefined
  readonly branding?: BrandingSettings | undefined
  readonly links: {
    readonly home?: Uri | undefined
    readonly privacyPolicy?: Uri | undefined
    readonly termsOfService?: Uri | undefined
    readonly support?: Uri | undefined
  }
}

/** A service that the operator chose: it may stand in the house's own network. */
export interface ServiceAddress {
  /** An origin. */
  readonly url: string
  readonly did: Did
}

export interface AppView extends ServiceAddress {
  /** Of images, with `%s` for preset, DID and CID. */
  readonly cdnUrlPattern?: string | undefined
}

/** How a community's pages look; what is left out is as its mails have it (colour and logo), or as the house has it. */
export interface BrandingSettings {
  /** An image: `https:` or `data:`. */
  readonly logo?: string | undefined
  /** Each `#rrggbb`. */
  readonly colors?: { readonly [Name in BrandColor]?: string | undefined } | undefined
  /** Images behind the pages: `https:` or `data:`. */
  readonly background?:
    | { readonly light?: string | undefined; readonly dark?: string | undefined }
    | undefined
}

export type BrandColor = 'primary' | 'error' | 'warning' | 'info' | 'success'

/** How a community's mails look; what is left out is as the house has it. */
export interface MailSettings {
  /** Undefined: the community's name. */
  readonly fromName?: string | undefined
  readonly fromAddress?: string | undefined
  /** `#rrggbb` */
  readonly color?: string | undefined
  /** A PNG, JPEG or GIF as a `data:` URL: it comes with the mail, and nothing is loaded from anywhere. */
  readonly logo?: string | undefined
  /** BCP 47; where there are no texts in it they are English. */
  readonly language?: string | undefined
}

/** The sessions that a community brought from the server that it was hosted by, signed with that server's secret. */
export interface LegacySessions {
  /** PDS_JWT_SECRET of that server. */
  readonly secret: string
  /** When that server stopped: ISO 8601. No token that says it was issued later counts. */
  readonly cutOver: string
}

/** A community as the configuration names it. */
export interface CommunityDefinition {
  readonly slug: string
  readonly hostname: string
  readonly publicUrl: string
  readonly serviceDid: Did
  readonly handleDomains: readonly string[]
  /** Null: nobody administers it by password. */
  readonly adminPassword: string | null
  readonly settings: CommunitySettings
}

import type {
  CommunityDefinition,
  CommunitySettings,
  LegacySessions,
  Uri,
} from '@heronry/communities/community'
import { type Did, isDid } from '@heronry/core/did'
import { parse } from 'yaml'
import { z } from 'zod'
import { brandingSettings, readBrandingSettings } from './branding-settings.ts'
import type { EnvironmentReader } from './environment-reader.ts'
import { mailSettings, readMailSettings } from './mail-settings.ts'
import { readServices, serviceSettings } from './read-services.ts'

interface CommunitySources {
  port: number
  readFile: (path: string) => string
}

const dnsName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
const hostname = z.string().regex(dnsName, 'must be a lower-case host name without port')
const domain = z.string().refine((text) => text.startsWith('.') && dnsName.test(text.slice(1)), {
  error: 'must be a lower-case domain with a leading dot',
})

const uri = z.url().transform((text) => text as Uri)

/** The origin of a relay; a bare host name is reached by https. */
const crawler = z.string().transform((text, context) => {
  const origin = originOf(text)
  if (origin === undefined) context.addIssue('must be the origin of a relay: https://…')
  return origin ?? ''
})

const did = z
  .string()
  .refine(isDid, { error: 'must be a DID' })
  .transform((text) => text as Did)

/** An instant; YAML may have read it already. */
const instant = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString() : value),
  z.iso.datetime({ offset: true, error: 'must be an instant: 2026-01-31T12:00:00Z' }),
)

const communitiesFile = z.strictObject({
  communities: z
    .array(
      z.strictObject({
        slug: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be lower-case letters, digits and hyphens'),
        hostname,
        publicUrl: z.url().optional(),
        serviceDid: did.optional(),
        handleDomains: z.array(domain).min(1),
        adminPassword: z.string().min(1).nullable().default(null),
        settings: z
          .strictObject({
            name: z.string().optional(),
            inviteRequired: z.boolean().default(true),
            inviteIntervalMs: z.int().min(1).optional(),
            inviteEpochMs: z.int().min(0).optional(),
            contactEmail: z.string().optional(),
            crawlers: z.array(crawler).optional(),
            modServiceDid: did.optional(),
            ...serviceSettings,
            mail: mailSettings.optional(),
            branding: brandingSettings.optional(),
            legacySessions: z.strictObject({ secret: z.string().min(1), cutOver: instant }).optional(),
            links: z
              .strictObject({
                home: uri.optional(),
                privacyPolicy: uri.optional(),
                termsOfService: uri.optional(),
                support: uri.optional(),
              })
              .default({}),
          })
          .default({ inviteRequired: true, links: {} }),
      }),
    )
    .min(1),
})

/** HERONRY_COMMUNITIES_FILE where it is set, else the one community that PDS_* describe. */
export function readCommunities(
  reader: EnvironmentReader,
  { port, readFile }: CommunitySources,
): CommunityDefinition[] {
  const path = reader.string('COMMUNITIES_FILE')
  if (path === undefined) return [readOneCommunity(reader, port)]
  return reader.parse('COMMUNITIES_FILE', path, () => communitiesIn(readFile(path), port)) ?? []
}

function communitiesIn(yaml: string, port: number): CommunityDefinition[] {
  const result = communitiesFile.safeParse(parse(yaml))
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new Error(`is not a list of communities: ${problems.join('; ')}`)
  }
  return result.data.communities.map((it) => ({
    slug: it.slug,
    hostname: it.hostname,
    publicUrl: it.publicUrl?.replace(/\/$/, '') ?? publicUrlOf(it.hostname, port),
    serviceDid: it.serviceDid ?? (`did:web:${it.hostname}` as Did),
    handleDomains: it.handleDomains,
    adminPassword: it.adminPassword,
    settings: { ...it.settings, name: it.settings.name ?? `${it.hostname} PDS` },
  }))
}

function readOneCommunity(reader: EnvironmentReader, port: number): CommunityDefinition {
  const host = reader.string('HOSTNAME')?.toLowerCase() ?? 'localhost'
  if (!dnsName.test(host)) reader.problems.push('PDS_HOSTNAME must be a host name without scheme or port')
  const serviceDid = reader.string('SERVICE_DID')
  if (serviceDid !== undefined && !isDid(serviceDid)) reader.problems.push('PDS_SERVICE_DID must be a DID')
  const domains = reader.list('SERVICE_HANDLE_DOMAINS').map((it) => it.toLowerCase())
  for (const it of domains.filter((name) => !domain.safeParse(name).success)) {
    reader.problems.push(`PDS_SERVICE_HANDLE_DOMAINS: ${it} must be a domain with a leading dot`)
  }
  return {
    slug: 'default',
    hostname: host,
    publicUrl: readPublicUrl(reader) ?? publicUrlOf(host, port),
    serviceDid: (serviceDid ?? `did:web:${host}`) as Did,
    handleDomains: domains.length > 0 ? domains : [host === 'localhost' ? '.test' : `.${host}`],
    adminPassword: reader.required('ADMIN_PASSWORD', 'the administrator signs in with it'),
    settings: readSettings(reader, host),
  }
}

function readSettings(reader: EnvironmentReader, host: string): CommunitySettings {
  const link = (name: string) => reader.url(name, ['http:', 'https:']) as Uri | undefined
  return {
    name: reader.string('SERVICE_NAME') ?? `${host} PDS`,
    inviteRequired: reader.boolean('INVITE_REQUIRED') ?? true,
    inviteIntervalMs: reader.integer('INVITE_INTERVAL') || undefined,
    inviteEpochMs: reader.integer('INVITE_EPOCH'),
    contactEmail: reader.string('CONTACT_EMAIL_ADDRESS'),
    crawlers: readCrawlers(reader),
    legacySessions: readLegacySessions(reader),
    ...readServices(reader),
    mail: readMailSettings(reader),
    branding: readBrandingSettings(reader),
    links: {
      home: link('HOME_URL'),
      privacyPolicy: link('PRIVACY_POLICY_URL'),
      termsOfService: link('TERMS_OF_SERVICE_URL'),
      support: link('SUPPORT_URL'),
    },
  }
}

/** PDS_JWT_SECRET signs nothing here. With HERONRY_SESSIONS_CUT_OVER the sessions that it signed before go on. */
function readLegacySessions(reader: EnvironmentReader): LegacySessions | undefined {
  const text = reader.string('SESSIONS_CUT_OVER')
  if (text === undefined) return undefined
  const secret = reader.required(
    'JWT_SECRET',
    'HERONRY_SESSIONS_CUT_OVER keeps the sessions that it has signed',
  )
  const cutOver = reader.parse('SESSIONS_CUT_OVER', text, (it) => {
    if (instant.safeParse(it).success) return it
    throw new Error('must be an instant: 2026-01-31T12:00:00Z')
  })
  return cutOver === undefined ? undefined : { secret, cutOver }
}

function readCrawlers(reader: EnvironmentReader): readonly string[] {
  return reader.list('CRAWLERS').flatMap((text) => {
    const origin = originOf(text)
    if (origin === undefined) reader.problems.push(`PDS_CRAWLERS: ${text} must be the origin of a relay`)
    return origin ?? []
  })
}

function originOf(text: string): string | undefined {
  const full = /^[a-z]+:\/\//.test(text) ? text : `https://${text}`
  if (!URL.canParse(full)) return undefined
  const { protocol, origin, pathname, search, hash, username } = new URL(full)
  const isOrigin = /^https?:$/.test(protocol) && pathname + search + hash === '/' && username === ''
  return isOrigin ? origin : undefined
}

/** HERONRY_PUBLIC_URL, for a host behind a proxy that is not reached by https on its own name: an origin. */
function readPublicUrl(reader: EnvironmentReader): string | undefined {
  const url = reader.url('PUBLIC_URL', ['http:', 'https:'])
  if (url === undefined) return undefined
  const { origin, pathname, search, hash } = new URL(url)
  if (pathname + search + hash === '/') return origin
  reader.problems.push('HERONRY_PUBLIC_URL must be an origin, without a path')
  return undefined
}

/** Where the world reaches a host: by https, but for a laptop. */
function publicUrlOf(host: string, port: number): string {
  return host === 'localhost' ? `http://localhost:${port}` : `https://${host}`
}

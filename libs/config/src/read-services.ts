import type { AppView, CommunitySettings, ServiceAddress } from '@heronry/communities/community'
import { type Did, isDid } from '@heronry/core/did'
import { z } from 'zod'
import type { EnvironmentReader } from './environment-reader.ts'

type ServiceSettings = Pick<
  CommunitySettings,
  'modServiceDid' | 'modServiceUrl' | 'appView' | 'reportService' | 'chatService' | 'fragmentAudiences'
>

const origin = z.string().transform((text, context) => {
  const url = serviceOrigin(text)
  if (url === undefined) context.addIssue('must be the origin of a service: https://…')
  return url ?? ''
})

const address = {
  url: origin,
  did: z
    .string()
    .refine(isDid, { error: 'must be a DID' })
    .transform((text) => text as Did),
}

const pattern = z.string().refine(isCdnPattern, {
  error: 'must be a URL with %s three times: for preset, DID and CID',
})

/** As HERONRY_COMMUNITIES_FILE has them. */
export const serviceSettings = {
  modServiceUrl: origin.optional(),
  appView: z.strictObject({ ...address, cdnUrlPattern: pattern.optional() }).optional(),
  reportService: z.strictObject(address).optional(),
  chatService: z.strictObject(address).optional(),
  fragmentAudiences: z.array(z.string().refine(isAudience, { error: 'must be a DID, or *' })).optional(),
}

/** The services that a community asks unless a call names its own: PDS_BSKY_APP_VIEW_*, PDS_MOD_SERVICE_*, PDS_REPORT_SERVICE_*. */
export function readServices(reader: EnvironmentReader): ServiceSettings {
  const moderation = readService(reader, 'MOD_SERVICE')
  return {
    modServiceDid: moderation?.did ?? readDid(reader, 'MOD_SERVICE_DID'),
    modServiceUrl: moderation?.url,
    appView: readAppView(reader),
    reportService: readService(reader, 'REPORT_SERVICE'),
    chatService: readService(reader, 'CHAT_SERVICE'),
    fragmentAudiences: readAudiences(reader),
  }
}

function readAppView(reader: EnvironmentReader): AppView | undefined {
  const service = readService(reader, 'BSKY_APP_VIEW')
  const cdnUrlPattern = reader.parse(
    'BSKY_APP_VIEW_CDN_URL_PATTERN',
    reader.string('BSKY_APP_VIEW_CDN_URL_PATTERN'),
    (text) => {
      if (isCdnPattern(text)) return text
      throw new Error('must be a URL with %s three times: for preset, DID and CID')
    },
  )
  return service && { ...service, ...(cdnUrlPattern && { cdnUrlPattern }) }
}

/** A URL wants its DID: tokens for the service name it. A DID alone is a service that only asks. */
function readService(reader: EnvironmentReader, name: string): ServiceAddress | undefined {
  const url = reader.parse(`${name}_URL`, reader.string(`${name}_URL`), (text) => {
    const found = serviceOrigin(text)
    if (found === undefined) throw new Error('must be the origin of a service: https://…')
    return found
  })
  if (url === undefined) return undefined
  reader.required(`${name}_DID`, 'the service that is asked at its URL')
  const did = readDid(reader, `${name}_DID`)
  return did && { url, did }
}

function readDid(reader: EnvironmentReader, name: string): Did | undefined {
  const did = reader.string(name)
  if (did === undefined || isDid(did)) return did
  reader.problems.push(`PDS_${name} must be a DID`)
  return undefined
}

function readAudiences(reader: EnvironmentReader): readonly string[] | undefined {
  const audiences = reader.list('FRAGMENT_AUDIENCES')
  for (const it of audiences.filter((each) => !isAudience(each))) {
    reader.problems.push(`HERONRY_FRAGMENT_AUDIENCES: ${it} must be a DID, or *`)
  }
  return audiences.length > 0 ? audiences : undefined
}

function isAudience(text: string): boolean {
  return text === '*' || isDid(text)
}

function isCdnPattern(text: string): boolean {
  return text.split('%s').length === 4 && /^https?:\/\//.test(text)
}

/** What is behind the origin is not used: a call keeps its own path. */
function serviceOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin: found, username } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' ? found : undefined
}

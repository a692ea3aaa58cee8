import { describe, expect, test } from 'vitest'
import { EnvironmentReader } from './environment-reader.ts'
import { readServices } from './read-services.ts'

const appView = {
  PDS_BSKY_APP_VIEW_URL: 'https://api.example.com/',
  PDS_BSKY_APP_VIEW_DID: 'did:web:api.example.com',
}

function read(environment: Record<string, string>) {
  const reader = new EnvironmentReader(environment)
  return { services: readServices(reader), problems: reader.problems }
}

describe('the services of a community', () => {
  test('are none where nothing is set', () => {
    const { services, problems } = read({})
    expect(Object.values(services).filter((it) => it !== undefined)).toEqual([])
    expect(problems).toEqual([])
  })

  test('are origins and DIDs', () => {
    const { services, problems } = read({
      ...appView,
      PDS_BSKY_APP_VIEW_CDN_URL_PATTERN: 'https://cdn.example.com/%s/plain/%s/%s@jpeg',
      PDS_MOD_SERVICE_URL: 'http://ozone:3000',
      PDS_MOD_SERVICE_DID: 'did:web:ozone.example.com',
      HERONRY_FRAGMENT_AUDIENCES: 'did:web:api.example.com, *',
    })
    expect(problems).toEqual([])
    expect(services).toMatchObject({
      appView: {
        url: 'https://api.example.com',
        did: 'did:web:api.example.com',
        cdnUrlPattern: 'https://cdn.example.com/%s/plain/%s/%s@jpeg',
      },
      modServiceDid: 'did:web:ozone.example.com',
      modServiceUrl: 'http://ozone:3000',
      fragmentAudiences: ['did:web:api.example.com', '*'],
    })
  })

  test('may only ask: a moderation service has a DID and no URL', () => {
    const { services, problems } = read({ PDS_MOD_SERVICE_DID: 'did:web:ozone.example.com' })
    expect(services).toMatchObject({ modServiceDid: 'did:web:ozone.example.com', modServiceUrl: undefined })
    expect(problems).toEqual([])
  })

  test.each([
    [{ PDS_BSKY_APP_VIEW_URL: 'https://api.example.com' }, 'PDS_BSKY_APP_VIEW_DID is missing'],
    [{ ...appView, PDS_BSKY_APP_VIEW_URL: 'api.example.com' }, 'must be the origin of a service'],
    [{ ...appView, PDS_BSKY_APP_VIEW_DID: 'api' }, 'PDS_BSKY_APP_VIEW_DID must be a DID'],
    [{ ...appView, PDS_BSKY_APP_VIEW_CDN_URL_PATTERN: 'https://cdn/%s' }, '%s three times'],
    [{ PDS_REPORT_SERVICE_URL: 'https://a:b@r.example.com' }, 'must be the origin of a service'],
    [{ PDS_MOD_SERVICE_DID: 'ozone' }, 'PDS_MOD_SERVICE_DID must be a DID'],
    [{ HERONRY_FRAGMENT_AUDIENCES: 'did:web:a.test#b c' }, 'must be a DID, or *'],
  ])('that cannot be are told: %j', (environment, problem) => {
    expect(read(environment as Record<string, string>).problems.join()).toContain(problem)
  })
})

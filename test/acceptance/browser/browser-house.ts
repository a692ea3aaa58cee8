import type { House } from '../house.ts'
import { startStandaloneHouse } from '../standalone-house.ts'

/** Two communities that a browser reaches without TLS, each an origin of its own: http://localhost and http://127.0.0.1. */
export interface BrowserHouse extends House {
  readonly herons: string
  readonly storks: string
}

export async function startBrowserHouse({
  env = {},
}: {
  env?: Record<string, string>
} = {}): Promise<BrowserHouse> {
  const house = await startStandaloneHouse({ env, communities })
  const { port } = new URL(house.url)
  return Object.assign(house, { herons: house.url, storks: `http://127.0.0.1:${port}` })
}

const communities = (port: number) => `
communities:
  - slug: herons
    hostname: localhost
    handleDomains: [.herons.test]
    adminPassword: heron-admin
    settings: { name: Herons, inviteRequired: false }
  - slug: storks
    hostname: 127.0.0.1
    publicUrl: http://127.0.0.1:${port}
    handleDomains: [.storks.test]
    adminPassword: stork-admin
    settings:
      name: The Storks & Friends
      inviteRequired: false
      branding:
        colors: { primary: "#b3261e" }
        logo: data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23b3261e'/%3E%3C/svg%3E
      links: { privacyPolicy: https://storks.example/privacy, support: https://storks.example/help }
`

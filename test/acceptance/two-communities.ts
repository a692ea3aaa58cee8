/** The hostnames of two communities, for a house that is given both. */
export const herons = 'herons.test'
export const storks = 'storks.test'

/** For HERONRY_COMMUNITIES_FILE. */
export const communitiesFile = `
communities:
  - slug: herons
    hostname: ${herons}
    handleDomains: [.${herons}]
    adminPassword: heron-admin
    settings: { inviteRequired: false }
  - slug: storks
    hostname: ${storks}
    handleDomains: [.${storks}]
    adminPassword: stork-admin
    settings: { inviteRequired: false }
`

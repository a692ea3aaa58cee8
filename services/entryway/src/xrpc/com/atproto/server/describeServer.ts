import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const describeServer = ({ blobUploadLimit }: { blobUploadLimit: number }) =>
  method(server.describeServer, {
    handler: async ({ community: { serviceDid, handleDomains, settings } }) => ({
      body: {
        did: serviceDid,
        availableUserDomains: [...handleDomains],
        inviteCodeRequired: settings.inviteRequired,
        blobUploadLimit,
        links: {
          privacyPolicy: settings.links.privacyPolicy,
          termsOfService: settings.links.termsOfService,
        },
        contact: { email: settings.contactEmail },
      },
    }),
  })

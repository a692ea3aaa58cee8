import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const describeServer = ({ blobUploadLimit, hasGate }: { blobUploadLimit: number; hasGate: boolean }) =>
  method(server.describeServer, {
    handler: async ({ community: { serviceDid, handleDomains, settings } }) => ({
      body: {
        did: serviceDid,
        availableUserDomains: [...handleDomains],
        inviteCodeRequired: settings.inviteRequired,
        // Clients that know no more of it open /gate/signup, and sign up with the code that they find there.
        ...(hasGate && { phoneVerificationRequired: true }),
        blobUploadLimit,
        links: {
          privacyPolicy: settings.links.privacyPolicy,
          termsOfService: settings.links.termsOfService,
        },
        contact: { email: settings.contactEmail },
      },
    }),
  })

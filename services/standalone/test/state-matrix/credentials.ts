import { signServiceToken } from '@heronry/auth/sign-service-token'
import type { Caller } from './ask.ts'
import type { MatrixHouse } from './matrix-house.ts'
import type { Member } from './member.ts'
import type { Asker } from './table.ts'

/** What an asker brings. */
export async function credentialsOf(
  house: MatrixHouse,
  { asker, member, nsid }: { asker: Asker; member: Member; nsid: string },
): Promise<Caller> {
  switch (asker) {
    case 'anybody':
      return {}
    case 'admin':
      return { authorization: house.adminAuthorization }
    case 'service':
      return { authorization: `Bearer ${await serviceToken(house, member, nsid)}` }
    case 'app':
      return { appSession: member.appSession }
    case 'session':
      return { authorization: `Bearer ${member.session.accessJwt}` }
    case 'laterSession':
      return { authorization: `Bearer ${(await member.laterSession()).accessJwt}` }
    case 'refreshToken':
      return { authorization: `Bearer ${member.session.refreshJwt}` }
    case 'laterRefreshToken':
      return { authorization: `Bearer ${(await member.laterSession()).refreshJwt}` }
  }
}

async function serviceToken(house: MatrixHouse, { actorId, did }: Member, lxm: string): Promise<string> {
  const issuedAt = Math.floor(house.clock.now() / 1000)
  const claims = {
    issuer: did,
    audience: house.community.serviceDid,
    lxm,
    issuedAt,
    expiresAt: issuedAt + 60,
  }
  return signServiceToken(await house.vault.signer(actorId), claims)
}

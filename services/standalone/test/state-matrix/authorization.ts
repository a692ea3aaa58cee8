import { signServiceToken } from '@heronry/auth/sign-service-token'
import type { MatrixHouse } from './matrix-house.ts'
import type { Member } from './member.ts'
import type { Asker } from './table.ts'

/** The Authorization header that an asker brings. */
export async function authorizationOf(
  house: MatrixHouse,
  { asker, member, nsid }: { asker: Asker; member: Member; nsid: string },
): Promise<string | undefined> {
  switch (asker) {
    case 'anybody':
      return undefined
    case 'admin':
      return house.adminAuthorization
    case 'service':
      return `Bearer ${await serviceToken(house, member, nsid)}`
    case 'session':
      return `Bearer ${member.session.accessJwt}`
    case 'laterSession':
      return `Bearer ${(await member.laterSession()).accessJwt}`
    case 'refreshToken':
      return `Bearer ${member.session.refreshJwt}`
    case 'laterRefreshToken':
      return `Bearer ${(await member.laterSession()).refreshJwt}`
  }
}

async function serviceToken(house: MatrixHouse, { actorId, did }: Member, lxm: string): Promise<string> {
  const issuedAt = Math.floor(house.clock.now() / 1000)
  const claims = { issuer: did, audience: house.serviceDid, lxm, issuedAt, expiresAt: issuedAt + 60 }
  return signServiceToken(await house.vault.signer(actorId), claims)
}

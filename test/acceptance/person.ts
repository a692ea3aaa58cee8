import { randomBytes } from 'node:crypto'
import { AtpAgent } from '@atproto/api'

/** Somebody with a fresh account on the house, signed in with the official client. */
export interface Person {
  agent: AtpAgent
  did: string
  handle: string
  email: string
  password: string
}

export async function signUp(houseUrl: string, { domain = 'test' } = {}): Promise<Person> {
  const name = `bird${randomBytes(4).toString('hex')}`
  const account = { handle: `${name}.${domain}`, email: `${name}@example.com`, password: `secret-${name}` }
  const agent = new AtpAgent({ service: houseUrl })
  const { data } = await agent.createAccount(account)
  return { agent, did: data.did, ...account }
}

import { hash, randomBytes } from 'node:crypto'
import { JoseKey, type Key } from '@atproto/oauth-client-node'
import { consent, postProven, sentBack, TestBrowser } from './oauth-client.ts'

export const loopbackId = `http://localhost?${new URLSearchParams({ redirect_uri: 'http://127.0.0.1:9/callback', scope: 'atproto' })}`

/** A code in the hands of an app that does everything by hand. */
export async function heldCode(
  origin: string,
  { username, password }: { username: string; password: string },
  { browser = new TestBrowser(), remember: keep = false } = {},
) {
  const key = await JoseKey.generate(['ES256'])
  const verifier = randomBytes(32).toString('base64url')
  const client_id = loopbackId
  const redirect_uri = 'http://127.0.0.1:9/callback'
  const request_uri = await push(origin, key, {
    ...{ client_id, redirect_uri, response_type: 'code', scope: 'atproto', state: 'a state of ours' },
    ...{ code_challenge: hash('sha256', verifier, 'base64url'), code_challenge_method: 'S256' },
  })
  const page = `${origin}/oauth/authorize?${new URLSearchParams({ client_id, request_uri })}`
  await browser.open(page)
  const { json } = await browser.call<{ account: { did: string }; ephemeralToken?: string }>(
    page,
    'sign-in',
    {
      body: { locale: 'en', username, password, remember: keep },
    },
  )
  const back = await consent({ browser, page, did: json.account.did, bearer: json.ephemeralToken })
  const code = sentBack(back).get('code') ?? ''
  const url = `${origin}/oauth/token`
  let { nonce } = await postProven(url, { client_id }, { key })
  const ask = async (form: Record<string, string>) => {
    const answer = await postProven(url, { client_id, ...form }, { key, nonce })
    nonce = answer.nonce ?? nonce
    return answer
  }
  return {
    key,
    redeem: () => ask({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }),
    refreshWith: (refresh_token: string) => ask({ grant_type: 'refresh_token', refresh_token }),
  }
}

export const challenge = {
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}

export async function pushed(origin: string, key: Key, form: Record<string, string>) {
  const url = `${origin}/oauth/par`
  const { nonce } = await postProven(url, { client_id: loopbackId }, { key })
  return await postProven(url, form, { key, nonce })
}

export async function push(origin: string, key: Key, form: Record<string, string>): Promise<string> {
  const { status, json } = await pushed(origin, key, form)
  if (status !== 201) throw new Error(`par: ${status} ${JSON.stringify(json)}`)
  return json['request_uri'] ?? ''
}

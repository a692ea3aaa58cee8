import { createPublicKey } from 'node:crypto'
import type { EmailConfig } from '@heronry/config/house-config'
import { createDnsTxt, type DnsTxt } from '@heronry/identity/dns-txt'
import { type DkimKey, domainOf } from '../compose-mail.ts'
import { dnsTimeoutMs } from '../limits.ts'

export interface Finding {
  readonly ok: boolean
  readonly check: string
  readonly says: string
}

export interface Patient {
  readonly config: Pick<EmailConfig, 'mail' | 'moderationMail' | 'dkim'>
  /** Of the configuration: what is wrong with an SMTP URL is among them. */
  readonly warnings: readonly string[]
  /** Beside those of the configured senders. */
  readonly domains: readonly string[]
  /** Left out: those of the system. */
  readonly nameServers?: readonly string[]
}

/**
 * Whether mail that leaves the house is likely to be taken: what receivers look up at the sender's domain, as the DNS has it now. A domain of which
 * no name server knows anything looks the same as one whose name servers are silent.
 */
export async function examineMail({ config, warnings, domains, nameServers }: Patient): Promise<Finding[]> {
  const { mail, moderationMail, dkim } = config
  const senders = [mail, moderationMail].flatMap((it) => (it ? [domainOf(it.fromAddress)] : []))
  const dns = createDnsTxt({ servers: nameServers, timeoutMs: dnsTimeoutMs })
  const all = [...new Set([...senders, ...domains.map((it) => it.toLowerCase())])]
  const found = await Promise.all(all.map((domain) => examineDomain(dns, { domain, dkim })))
  const url = warnings.filter((it) => it.includes('SMTP_URL'))
  return [
    mail
      ? { ok: true, check: 'sender', says: `codes and notices come from ${mail.fromAddress}` }
      : { ok: false, check: 'sender', says: 'PDS_EMAIL_SMTP_URL is not set: no mail is sent' },
    ...(url.length > 0
      ? url.map((says) => ({ ok: false, check: 'SMTP URL', says }))
      : [{ ok: true, check: 'SMTP URL', says: 'its user and password are written as they should be' }]),
    ...found.flat(),
  ]
}

interface Domain {
  readonly domain: string
  readonly dkim: DkimKey | undefined
}

async function examineDomain(dns: DnsTxt, { domain, dkim }: Domain): Promise<Finding[]> {
  const [own, policy, key] = await Promise.all([
    dns(domain),
    dns(`_dmarc.${domain}`),
    dkim ? dns(`${dkim.selector}._domainkey.${domain}`) : [],
  ])
  return [
    { check: `SPF of ${domain}`, ...spf(own.filter((it) => /^v=spf1( |$)/i.test(it))) },
    { check: `DKIM of ${domain}`, ...(dkim ? dkimFinding(dkim, key) : unsigned) },
    { check: `DMARC of ${domain}`, ...dmarc(policy.filter((it) => /^v=DMARC1 *(;|$)/i.test(it))) },
  ]
}

type Verdict = Omit<Finding, 'check'>

function spf(records: readonly string[]): Verdict {
  const [record = ''] = records
  if (records.length === 0) return { ok: false, says: 'there is no TXT record that begins with v=spf1' }
  if (records.length > 1) return { ok: false, says: 'there are two records, which counts as a fault' }
  if (/[ ]\+?all\b/i.test(record))
    return { ok: false, says: 'it lets anybody send: end it with ~all or -all' }
  return { ok: true, says: record }
}

function dmarc(records: readonly string[]): Verdict {
  const [record = ''] = records
  if (records.length !== 1)
    return { ok: false, says: 'there must be one TXT record that begins with v=DMARC1' }
  if (!/;\s*p=(none|quarantine|reject)\b/i.test(record)) return { ok: false, says: 'it has no policy: p=…' }
  return { ok: true, says: record }
}

const unsigned: Verdict = {
  ok: true,
  says: 'HERONRY_DKIM_KEY is not set: whoever takes the mail from here has to sign it',
}

function dkimFinding({ privateKey }: DkimKey, records: readonly string[]): Verdict {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const wanted = der.toString('base64')
  const keys = records.map((it) => /(?:^|;)\s*p=([^;]*)/.exec(it)?.[1]?.replaceAll(/\s/g, ''))
  if (keys.length === 0)
    return { ok: false, says: `there is no record; it should be: v=DKIM1; k=rsa; p=${wanted}` }
  if (keys.length > 1) return { ok: false, says: 'there are two records: which counts is undefined' }
  if (keys[0] === '') return { ok: false, says: 'the key was revoked' }
  if (keys[0] !== wanted) return { ok: false, says: 'it has another key than HERONRY_DKIM_KEY' }
  return { ok: true, says: 'it has the key that mails are signed with' }
}

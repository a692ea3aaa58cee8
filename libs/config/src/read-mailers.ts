import { createPrivateKey } from 'node:crypto'
import type { EnvironmentReader } from './environment-reader.ts'
import type { DkimConfig, EmailConfig, MailerConfig } from './house-config.ts'
import { smtpUrlFaults } from './smtp-url-faults.ts'

/** PDS_EMAIL_* and PDS_MODERATION_EMAIL_*, as the reference has them, and HERONRY_DKIM_*. */
export function readMailers(
  reader: EnvironmentReader,
): Pick<EmailConfig, 'mail' | 'moderationMail' | 'dkim'> {
  return {
    mail: readMailer(reader, 'EMAIL_SMTP_URL', 'EMAIL_FROM_ADDRESS'),
    moderationMail: readMailer(reader, 'MODERATION_EMAIL_SMTP_URL', 'MODERATION_EMAIL_ADDRESS'),
    dkim: readDkim(reader),
  }
}

function readMailer(reader: EnvironmentReader, url: string, address: string): MailerConfig | undefined {
  if (!reader.together(url, address)) return undefined
  const smtpUrl = reader.url(url, ['smtp:', 'smtps:'])
  if (smtpUrl === undefined) return undefined
  for (const fault of smtpUrlFaults(smtpUrl)) reader.warnings.push(`PDS_${url}: ${fault}`)
  return { smtpUrl, fromAddress: reader.string(address) ?? '' }
}

/** The key in PEM, also in one line with `\n` for the ends of lines, as some keep secrets. */
function readDkim(reader: EnvironmentReader): DkimConfig | undefined {
  const [selector, key] = [reader.string('DKIM_SELECTOR'), reader.string('DKIM_KEY')]
  if (selector === undefined && key === undefined) return undefined
  if (selector === undefined || key === undefined) {
    reader.problems.push('HERONRY_DKIM_SELECTOR and HERONRY_DKIM_KEY belong together: set both or neither')
    return undefined
  }
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/i.test(selector)) {
    reader.problems.push('HERONRY_DKIM_SELECTOR must be a name such as heronry2026')
  }
  const privateKey = key.replaceAll('\\n', '\n')
  reader.parse('DKIM_KEY', privateKey, assertRsaKey)
  return { selector, privateKey }
}

function assertRsaKey(pem: string): void {
  let type: string | undefined
  try {
    type = createPrivateKey(pem).asymmetricKeyType
  } catch {
    // Its message may hold a part of the key.
  }
  if (type !== 'rsa') throw new Error('must be an RSA private key in PEM')
}

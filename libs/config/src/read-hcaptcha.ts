import type { EnvironmentReader } from './environment-reader.ts'
import type { HcaptchaConfig } from './house-config.ts'

/** All three of PDS_HCAPTCHA_*, as in the reference, or none. */
export function readHcaptcha(reader: EnvironmentReader): HcaptchaConfig | undefined {
  const names = ['HCAPTCHA_SITE_KEY', 'HCAPTCHA_SECRET_KEY', 'HCAPTCHA_TOKEN_SALT']
  const [siteKey, secretKey, tokenSalt] = names.map((name) => reader.string(name))
  if (siteKey !== undefined && secretKey !== undefined && tokenSalt !== undefined) {
    return { siteKey, secretKey, tokenSalt }
  }
  if ((siteKey ?? secretKey ?? tokenSalt) !== undefined) {
    const all = names.map((name) => `PDS_${name}`).join(', ')
    reader.problems.push(`${all} belong together: set all or none`)
  }
  return undefined
}

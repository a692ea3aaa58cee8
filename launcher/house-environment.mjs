import { join } from 'node:path'
import { environment } from './workspace.mjs'

/** @param {string} name without prefix: HERONRY_ wins over PDS_, and an empty value counts as unset */
export function setting(name) {
  return process.env[`HERONRY_${name}`] || process.env[`PDS_${name}`] || undefined
}

export const housePort = Number(setting('PORT') ?? 2583)
export const plcPort = Number(setting('PLC_PORT') ?? 2582)

/**
 * The environment of the house: ours, and for whatever it leaves open the defaults of development. They stand here and nowhere
 * else; the house by itself is production.
 *
 * @param {{ folder: string, databaseUrl: string, redisUrl: string | undefined, secrets: import('./secrets.mjs').Secrets }} parts
 */
export function houseEnvironment({ folder, databaseUrl, redisUrl, secrets }) {
  const defaults = {
    HERONRY_DATABASE_URL: databaseUrl,
    HERONRY_KEK: secrets.kek,
    HERONRY_TOKEN_KEYS: secrets.tokenKeys,
    PDS_ADMIN_PASSWORD: secrets.adminPassword,
    PDS_DEV_MODE: 'true',
    // By name: a resolver of the reference takes no address.
    PDS_DID_PLC_URL: `http://localhost:${plcPort}`,
    PDS_DPOP_SECRET: secrets.dpopSecret,
    PDS_HOSTNAME: 'localhost',
    PDS_INVITE_REQUIRED: 'false',
    PDS_JWT_SECRET: secrets.jwtSecret,
    PDS_PORT: String(housePort),
    ...(redisUrl === undefined ? {} : { HERONRY_REDIS_URL: redisUrl }),
    ...(setting('EMAIL_SMTP_URL') ? {} : { HERONRY_DEV_MAIL_DIR: join(folder, 'mail') }),
    ...(setting('BLOBSTORE_S3_BUCKET') ? {} : { PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs') }),
    ...(setting('HOSTNAME') ? {} : { PDS_SERVICE_HANDLE_DOMAINS: '.test' }),
    ...(setting('PLC_ROTATION_KEY_KMS_KEY_ID')
      ? {}
      : { PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secrets.plcRotationKey }),
  }
  const open = Object.entries(defaults).filter(
    ([name]) => setting(name.replace(/^(PDS|HERONRY)_/, '')) === undefined,
  )
  return {
    LOG_ENABLED: 'true',
    LOG_LEVEL: 'warn',
    ...environment(),
    ...Object.fromEntries(open),
  }
}

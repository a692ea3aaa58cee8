import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readConfig } from '@heronry/config/read-config'
import { expect, test } from 'vitest'
import { redacted } from './redacted.ts'

test('no secret of a configuration is shown, and what is none stays', () => {
  const kek = randomBytes(32)
  const rotation = randomBytes(32).toString('hex')
  const dpop = randomBytes(32).toString('hex')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  const { config } = readConfig(
    {
      HERONRY_DATABASE_URL: 'postgres://heron:planted-1@db.example/heronry?sslpassword=planted-2',
      HERONRY_REDIS_URL: 'redis://:planted-3@cache.example:6379',
      HERONRY_KEK: kek.toString('hex'),
      HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [{ ...jwk, kid: 'first' }] }),
      PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: rotation,
      PDS_DPOP_SECRET: dpop,
      PDS_HCAPTCHA_SITE_KEY: 'site',
      PDS_HCAPTCHA_SECRET_KEY: 'planted-9',
      PDS_HCAPTCHA_TOKEN_SALT: 'planted-10',
      HERONRY_BLOB_SCAN_URL: 'http://scan.example/',
      HERONRY_BLOB_SCAN_SECRET: 'planted-11-of-32-characters-or-more',
      PDS_ADMIN_PASSWORD: 'planted-4',
      PDS_EMAIL_SMTP_URL: 'smtps://mail:planted-5@smtp.example:465',
      PDS_EMAIL_FROM_ADDRESS: 'noreply@example.com',
      PDS_BLOBSTORE_S3_BUCKET: 'blobs',
      PDS_BLOBSTORE_S3_REGION: 'eu',
      PDS_BLOBSTORE_S3_ACCESS_KEY_ID: 'known',
      PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: 'planted-6',
      PDS_RATE_LIMITS_ENABLED: 'true',
      PDS_RATE_LIMIT_BYPASS_KEY: 'planted-7',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=planted-8',
    },
    { service: 'standalone' },
  )
  const shown = JSON.stringify(redacted(config))
  expect(shown).not.toContain('planted')
  expect(shown).not.toContain(jwk.d)
  for (const key of [kek, ...[rotation, dpop].map((hex) => Buffer.from(hex, 'hex'))]) {
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(shown).not.toContain(key.toString(form))
    expect(shown).not.toContain([...key].join(','))
  }
  for (const kept of [
    'db.example',
    'cache.example',
    'smtp.example',
    'first',
    'blobs',
    'noreply@example.com',
  ]) {
    expect(shown).toContain(kept)
  }
})

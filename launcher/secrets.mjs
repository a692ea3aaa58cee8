import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Secrets
 * @property {string} adminPassword
 * @property {string} databasePassword
 * @property {string} dpopSecret 32 bytes, hex
 * @property {string} jwtSecret
 * @property {string} kek 32 bytes, hex
 * @property {string} plcRotationKey 32 bytes, hex
 * @property {string} redisPassword
 * @property {string} tokenKeys a private JWKS
 */

/**
 * The secrets of a data folder: made at the first start, kept ever after, readable by their owner alone. kill -9 here leaves
 * the file as it was or as it should be, never half of it.
 *
 * @param {string} folder
 * @returns {Secrets}
 */
export function openSecrets(folder) {
  const path = join(folder, 'secrets.json')
  const kept = read(path)
  const secrets = { ...generate(), ...kept }
  if (Object.keys(secrets).length !== Object.keys(kept).length) {
    writeDurably(path, `${JSON.stringify(secrets, null, 2)}\n`)
  }
  return secrets
}

/** @returns {Secrets} */
function generate() {
  const hex = (/** @type {number} */ bytes) => randomBytes(bytes).toString('hex')
  return {
    adminPassword: hex(12),
    databasePassword: hex(24),
    dpopSecret: hex(32),
    jwtSecret: hex(32),
    kek: hex(32),
    // A number of 256 bits below the order of secp256k1: its first byte must not be 0xff.
    plcRotationKey: `7${hex(32).slice(1)}`,
    redisPassword: hex(24),
    tokenKeys: JSON.stringify({ keys: [tokenKey(hex(8))] }),
  }
}

/** @param {string} kid */
function tokenKey(kid) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
}

/** @param {string} path @returns {Partial<Secrets>} */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return {}
    throw new Error(`${path} cannot be read: put back what it held, or remove the whole data folder`, {
      cause: error,
    })
  }
}

/** @param {string} path @param {string} text */
function writeDurably(path, text) {
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const file = openSync(temporary, 'wx', 0o600)
  writeFileSync(file, text)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
  syncFolder(join(path, '..'))
}

/** Makes a rename inside the folder outlast a power cut. @param {string} folder */
export function syncFolder(folder) {
  const file = openSync(folder, 'r')
  fsyncSync(file)
  closeSync(file)
}

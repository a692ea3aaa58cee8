import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { publicTokenKeys, type Rotated, rotateTokenKeys, type TokenKey } from '../token-keys.ts'

export const keysCommand = (context: Context): Command =>
  new Command('keys')
    .description('the keys that the house signs tokens with')
    .addCommand(rotateCommand(context))

interface RotateOptions {
  readonly dataDir?: string
  readonly file?: string
}

const rotateCommand = (context: Context): Command =>
  new Command('rotate')
    .description('a new key signs; those before verify for as long as anything lives that they have signed')
    .option('--data-dir <folder>', 'of `npm start`: keeps the new keys there, for its next start')
    .option('--file <pds.env>', 'reads HERONRY_TOKEN_KEYS there instead of in the environment')
    .addHelpText('after', help)
    .action(async ({ dataDir, file }: RotateOptions, command) => {
      const output = context.output(command)
      if (dataDir !== undefined) {
        const { keys, dropped } = await rotateSecrets(join(dataDir, 'secrets.json'))
        const told = { signs: keys[0]?.kid, verify: keys.slice(1).map(({ kid }) => kid), dropped }
        await output.data(told, () => `${told.signs} signs from the next start on`)
        return
      }
      const { env } = context.terminal
      const { HERONRY_TOKEN_KEYS: text } = file === undefined ? env : parseEnv(await textOf(file))
      const { keys } = rotateTokenKeys(keysIn(text, 'HERONRY_TOKEN_KEYS'))
      const variables = {
        HERONRY_TOKEN_JWKS: JSON.stringify({ keys: publicTokenKeys(keys) }),
        HERONRY_TOKEN_KEYS: JSON.stringify({ keys }),
      }
      await output.data(variables, () =>
        Object.entries(variables)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
      )
    })

/** Of the launcher's data folder. kill -9 leaves the file as it was, or as it should be. */
async function rotateSecrets(path: string): Promise<Rotated> {
  const secrets = JSON.parse(await textOf(path)) as { tokenKeys?: string }
  const rotated = rotateTokenKeys(keysIn(secrets.tokenKeys, path))
  const tokenKeys = JSON.stringify({ keys: rotated.keys })
  const file = await open(`${path}.rotated`, 'w', 0o600)
  await file.writeFile(`${JSON.stringify({ ...secrets, tokenKeys }, null, 2)}\n`)
  await file.sync()
  await file.close()
  await rename(`${path}.rotated`, path)
  return rotated
}

function keysIn(text: string | undefined, where: string): readonly TokenKey[] {
  const { keys } = parsed(text) as { keys?: readonly TokenKey[] }
  if (Array.isArray(keys) && keys.length > 0 && keys.every(({ kid, d }) => kid && d)) return keys
  throw new CliError('usage', `${where} holds no private keys: a JWKS with a kid for each is expected`)
}

function parsed(text: string | undefined): object {
  try {
    return Object(JSON.parse(text ?? ''))
  } catch {
    return {}
  }
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    throw new CliError('usage', `${path} cannot be read: ${error.code}`)
  })
}

const help = `
Without --data-dir it prints both variables and changes nothing. Processes that verify need the new key before it signs: first set
HERONRY_TOKEN_JWKS and restart api, then set HERONRY_TOKEN_KEYS and restart entryway. No session ends.`

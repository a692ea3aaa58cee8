import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { Command } from 'commander'
import { adminPassword } from '../admin-password.ts'
import { type Context, houseUrl, optionsOf } from '../context.ts'
import { readCredentials, writeCredentials } from '../credentials.ts'
import { connectTo } from '../house.ts'

export const loginCommand = (context: Context): Command =>
  new Command('login')
    .description('keep the admin password of a house for the commands to come')
    .argument('[url]', 'the house')
    .action(async (address: string | undefined, _options, command) => {
      const { terminal } = context
      const options = optionsOf(command)
      const url = houseUrl(terminal, { url: address ?? (options.url || terminal.env['HERONRY_URL']) })
      const password = await adminPassword(terminal, options, { url })
      const { community } = await connectTo(url, { password }).call(admin.getStatus)
      const { passwords } = await readCredentials(terminal)
      await writeCredentials(terminal, { url, passwords: { ...passwords, [url]: password } })
      context.output(command).note(`Logged in to ${community} at ${url}`)
    })

export const logoutCommand = (context: Context): Command =>
  new Command('logout')
    .description('forget the admin password of a house')
    .argument('[url]', 'the house; default: the one you are logged in to')
    .action(async (address: string | undefined, _options, command) => {
      const { terminal } = context
      const { url: current, passwords } = await readCredentials(terminal)
      const url = houseUrl(terminal, { url: address ?? optionsOf(command).url ?? current })
      const { [url]: _forgotten, ...others } = passwords
      await writeCredentials(terminal, {
        ...(current !== url && current && { url: current }),
        passwords: others,
      })
      context.output(command).note(`Logged out of ${url}`)
    })

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capturedMailsShown } from './limits.ts'

export interface CapturedMail {
  /** ISO 8601 */
  readonly at: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
}

export interface MailFolder {
  add(mail: CapturedMail): Promise<void>
  newestFirst(): Promise<CapturedMail[]>
}

/** One JSON file a mail, named by its time. A file is renamed into place: a killed process leaves no half mail. */
export async function openMailFolder(folder: string): Promise<MailFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    async add(mail) {
      const name = `${mail.at.replaceAll(':', '-')}-${randomBytes(4).toString('hex')}`
      await writeFile(join(folder, `${name}.part`), JSON.stringify(mail, null, 2), { mode: 0o600 })
      await rename(join(folder, `${name}.part`), join(folder, `${name}.json`))
    },
    async newestFirst() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
      const newest = names.sort().reverse().slice(0, capturedMailsShown)
      return Promise.all(newest.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))))
    },
  }
}

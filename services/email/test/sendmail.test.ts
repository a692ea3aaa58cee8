import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { createEmailContext } from '../src/context.ts'
import { deliver } from '../src/deliver.ts'
import { notice } from './post-office.ts'

/** A program in the place of sendmail: keeps its arguments and what it reads, or fails. */
async function program(script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-sendmail-'))
  const path = join(folder, 'sendmail')
  await writeFile(path, `#!/bin/sh\n${script.replaceAll('$DIR', folder)}\n`)
  await chmod(path, 0o755)
  return { path, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('sendmail=true hands the mail to the program of that name, as the reference does', async () => {
  await using sendmail = await program('echo "$@" > $DIR/arguments; cat > $DIR/mail')
  await using database = await testDatabase()
  const smtpUrl = `smtp:///?sendmail=true&path=${encodeURIComponent(sendmail.path)}`
  using context = createEmailContext({
    db: database.as('heronry_email'),
    mail: { smtpUrl, fromAddress: 'house@example.com' },
  })
  await deliver(context, { id: 7n, mail: notice('grey@example.com') })
  expect(await readFile(join(sendmail.folder, 'arguments'), 'utf8')).toBe(
    '-i -f house@example.com grey@example.com\n',
  )
  expect(await readFile(join(sendmail.folder, 'mail'), 'utf8')).toContain(
    'Message-ID: <heronry-7@example.com>',
  )
})

test('a sendmail that fails is worth another try', async () => {
  await using sendmail = await program('cat > /dev/null; exit 75')
  await using database = await testDatabase()
  const smtpUrl = `smtp:///?sendmail=true&path=${encodeURIComponent(sendmail.path)}`
  using context = createEmailContext({
    db: database.as('heronry_email'),
    mail: { smtpUrl, fromAddress: 'house@example.com' },
  })
  const failed = await deliver(context, { id: 7n, mail: notice('grey@example.com') }).catch((error) => error)
  expect(failed).toBeInstanceOf(Error)
  expect(failed).not.toBeInstanceOf(PermanentFailure)
  expect(String(failed)).not.toContain('grey')
})

/**
 * `npm run soak`: the long forms of these tests, one run of `npm test`. `npm run soak -- nemesis stamping` takes those with such a word in
 * their path; what begins with a dash goes to vitest, with all that follows.
 */
const files = [
  'test/acceptance/nemesis/nemesis.test.ts',
  'test/acceptance/rolling-restart.test.ts',
  'test/acceptance/malformed-requests.test.ts',
  'libs/mst/test/histories.test.ts',
  'libs/repo/test/process-races.pg.test.ts',
  'libs/repo/test/killed-backends.pg.test.ts',
  'libs/accounts/test/status-storm.pg.test.ts',
  'services/sequencer/test/stamping.pg.test.ts',
]
const given = process.argv.slice(2)
const firstOption = given.findIndex((it) => it.startsWith('-'))
const words = firstOption === -1 ? given : given.slice(0, firstOption)
const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)))
if (chosen.length === 0) {
  console.error(`No soak test has one of these words in its path: ${words.join(' ')}\n\n${files.join('\n')}`)
  process.exit(1)
}
process.env['HERONRY_SOAK'] = '1'
process.argv.splice(2, words.length, ...chosen)
await import('./test.mjs')

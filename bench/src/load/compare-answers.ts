import type { Answer } from './house.ts'
import { tokenClaims } from './token-claims.ts'

/** Answers beyond these are compared by status alone. */
const comparedMax = 500

/** What makes an answer a side's own: identities, and the commit (it has a time in it). */
const ownFields = new Set(['commit', 'rev'])

/** The reference has no second factor, and says nothing of it. */
const isOwn = ([name, value]: [string, unknown]) =>
  ownFields.has(name) || (name === 'emailAuthFactor' && value === false)

/** @returns what is wrong: an answer that is no success, or the first that the sides do not share */
export function compareAnswers(answers: readonly Answer[], others: readonly Answer[]): string | undefined {
  const failed = [...answers, ...others].find(({ status }) => status !== 200)
  if (failed !== undefined) return `an answer ${failed.status}: ${failed.body.slice(0, 300)}`
  const texts = answers.slice(0, comparedMax).map(shared)
  const otherTexts = others.slice(0, comparedMax).map(shared)
  const index = texts.findIndex((text, place) => text !== otherTexts[place])
  return index < 0 ? undefined : `answers ${index} differ: ${texts[index]} and ${otherTexts[index]}`
}

/** What each side names for itself: its accounts, their keys, where it is. */
const ownNames = /did:plc:[a-z2-7]{24}|(?<=")z[1-9A-HJ-NP-Za-km-z]{40,}(?=")|http:\/\/localhost:\d+/g

/** What both sides must say alike, in one order of fields. Of a token that is what it claims. */
function shared({ body }: Answer): string {
  if (body === '') return ''
  return JSON.stringify(sorted(JSON.parse(body))).replaceAll(ownNames, 'own')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).filter((field) => !isOwn(field))
  const said = ([name, it]: [string, unknown]) => [name, name.endsWith('Jwt') ? tokenClaims(it) : sorted(it)]
  return Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(said))
}

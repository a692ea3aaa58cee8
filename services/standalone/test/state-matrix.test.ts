import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ask } from './state-matrix/ask.ts'
import { authorizationOf } from './state-matrix/authorization.ts'
import { type MatrixHouse, matrixHouse } from './state-matrix/matrix-house.ts'
import { createMember, type Member, type State, states } from './state-matrix/member.ts'
import { requests } from './state-matrix/requests.ts'
import { type Asker, askers, matrix, type Outcome, type Row } from './state-matrix/table.ts'

type RowName = keyof typeof matrix

let house: MatrixHouse
/** One in each state, for all that leaves it as it is. */
let members: readonly Member[]
beforeAll(async () => {
  house = await matrixHouse()
  members = await Promise.all(states.map((state) => createMember(house, state)))
})
afterAll(() => house[Symbol.asyncDispose]())

const rows = Object.entries(matrix) as [RowName, Row][]

test('every method that is registered has a row, and every row a method', () => {
  const named = new Set(rows.map(([name]) => methodOf(name)))
  expect([...named].toSorted()).toEqual(house.methods.toSorted())
})

const asked = rows.flatMap(([name, row]) =>
  askers.flatMap((asker) => (row[asker] ? [{ name, asker, row, expected: row[asker] }] : [])),
)

test.each(asked)('$name asked by $asker answers as the state of the account has it', async (it) => {
  const outcomes = states.map(async (state, index) => {
    const expected = it.expected[index] ?? null
    return [state, expected && (await outcomeOf(it, { state, expected }))]
  })
  const inStates = states.map((state, index) => [state, it.expected[index]])
  expect(Object.fromEntries(await Promise.all(outcomes))).toEqual(Object.fromEntries(inStates))
})

async function outcomeOf(
  { name, asker, row }: { name: RowName; asker: Asker; row: Row },
  { state, expected }: { state: State; expected: string },
): Promise<Outcome> {
  const shared = members[states.indexOf(state)]
  const isSpent = row.spends && expected === '200'
  const member = isSpent || shared === undefined ? await createMember(house, state) : shared
  const nsid = methodOf(name)
  const question = await requests[name](member, house)
  const authorization = await authorizationOf(house, { asker, member, nsid })
  return described(await ask(house, nsid, { ...question, authorization }))
}

function methodOf(name: RowName): string {
  return name.split(' ')[0] as string
}

function described({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${body?.error}`
}

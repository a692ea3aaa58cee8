import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ask } from './state-matrix/ask.ts'
import { credentialsOf } from './state-matrix/credentials.ts'
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

test('every method that a session opens says what an app may do there', () => {
  expect(rows.filter(([, row]) => row.session && !row.app).map(([name]) => name)).toEqual([])
})

interface Cell {
  readonly name: RowName
  readonly asker: Asker
  readonly isSpending: boolean
}

const asked = rows.flatMap(([name, { spends: isSpending = false, ...row }]) =>
  askers.flatMap((asker) => {
    const expected = row[asker]
    return expected ? [[name, asker, { cell: { name, asker, isSpending }, expected }] as const] : []
  }),
)

test.each(asked)('%s asked by %s answers by the state of the account', async (_name, _asker, it) => {
  const outcomes = states.map(async (state, index) => {
    const expected = it.expected[index] ?? null
    return [state, expected && (await outcomeOf(it.cell, { state, expected }))]
  })
  const inStates = states.map((state, index) => [state, it.expected[index]])
  expect(Object.fromEntries(await Promise.all(outcomes))).toEqual(Object.fromEntries(inStates))
})

const publicMethods = new Set(rows.flatMap(([name, row]) => (row.anybody ? methodOf(name) : [])))
const guarded = rows.filter(([name]) => !publicMethods.has(methodOf(name)))

test.each(guarded)('%s is refused to who brings nothing, or what it does not take', async (name, row) => {
  const [member] = members
  if (member === undefined) throw new Error('No member')
  const question = await requests[name](member, house)
  const refusals: Partial<Record<Asker, Outcome>> = row.admin
    ? {
        anybody: '401 AuthMissing',
        app: '401 AuthenticationRequired',
        session: row.moderated ? '401 UntrustedIss' : '401 AuthenticationRequired',
      }
    : { anybody: '401 AuthMissing', admin: '400 InvalidToken' }
  for (const [asker, expected] of Object.entries(refusals) as [Asker, Outcome][]) {
    const nsid = methodOf(name)
    const credentials = await credentialsOf(house, { asker, member, nsid })
    // Who is refused by the administrator's methods again and again is refused for that.
    const address = `192.0.2.${guarded.findIndex(([it]) => it === name)}`
    expect(described(await ask(house, nsid, { ...question, ...credentials, address })), asker).toBe(expected)
  }
})

async function outcomeOf(
  { name, asker, isSpending }: Cell,
  { state, expected }: { state: State; expected: string },
): Promise<Outcome> {
  const shared = members[states.indexOf(state)]
  const isSpent = isSpending && expected === '200'
  const member = isSpent || shared === undefined ? await createMember(house, state) : shared
  const nsid = methodOf(name)
  const question = await requests[name](member, house)
  const credentials = await credentialsOf(house, { asker, member, nsid })
  return described(await ask(house, nsid, { ...question, ...credentials }))
}

function methodOf(name: RowName): string {
  return name.split(' ')[0] as string
}

function described({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${body?.error}`
}

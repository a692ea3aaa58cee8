import { describe, expect, test } from 'vitest'
import { Circuits } from './circuits.ts'

const limits = { inFlightPerUpstreamMax: 3, inFlightPerCallerMax: 2, failuresInARowMax: 2, openMs: 1_000 }

function circuitsAt() {
  const time = { now: 0 }
  return { time, circuits: new Circuits(limits, { now: () => time.now }) }
}

const dead = { code: 'UpstreamFailure' }
const full = { code: 'ServiceUnavailable' }

function fail(circuits: Circuits, origin = 'a'): void {
  const passage = circuits.enter(origin, 'me')
  passage.failed()
  passage.leave()
}

describe('requests in flight', () => {
  test('of one caller are so many, and one more is refused until one has left', () => {
    const { circuits } = circuitsAt()
    const [first] = [circuits.enter('a', 'me'), circuits.enter('a', 'me')]
    expect(() => circuits.enter('a', 'me')).toThrow(expect.objectContaining(full))
    circuits.enter('b', 'me')
    first?.leave()
    circuits.enter('a', 'me')
  })

  test('to one upstream are so many, of however many callers', () => {
    const { circuits } = circuitsAt()
    const passages = ['a', 'b', 'c'].map((caller) => circuits.enter('a', caller))
    expect(() => circuits.enter('a', 'd')).toThrow(expect.objectContaining(full))
    circuits.enter('b', 'd')
    passages[0]?.leave()
    circuits.enter('a', 'd')
  })
})

describe('an upstream that fails', () => {
  test('so often in a row is left alone, once less is not', () => {
    const { circuits } = circuitsAt()
    fail(circuits)
    fail(circuits)
    expect(() => circuits.enter('a', 'me')).toThrow(expect.objectContaining(dead))
    expect(circuits.openCount()).toBe(1)
    circuits.enter('b', 'me').leave()
  })

  test('and answers in between goes on', () => {
    const { circuits } = circuitsAt()
    for (let round = 0; round < 3; round++) {
      fail(circuits)
      const passage = circuits.enter('a', 'me')
      passage.answered()
      passage.leave()
    }
    expect(circuits.openCount()).toBe(0)
  })

  test('is tried by one request when its time is over, and by another where that one went away', () => {
    const { circuits, time } = circuitsAt()
    fail(circuits)
    fail(circuits)
    time.now = 999
    expect(() => circuits.enter('a', 'me')).toThrow(expect.objectContaining(dead))
    time.now = 1_000
    const trial = circuits.enter('a', 'me')
    expect(() => circuits.enter('a', 'you')).toThrow(expect.objectContaining(dead))
    trial.leave()
    const second = circuits.enter('a', 'you')
    second.answered()
    second.leave()
    circuits.enter('a', 'me').leave()
  })

  test('again is left alone again', () => {
    const { circuits, time } = circuitsAt()
    fail(circuits)
    fail(circuits)
    time.now = 1_000
    fail(circuits)
    expect(() => circuits.enter('a', 'me')).toThrow(expect.objectContaining(dead))
    time.now = 2_000
    circuits.enter('a', 'me')
  })
})

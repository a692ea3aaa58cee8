import { scryptSync } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { Gate } from './gate.ts'
import { hashPassword, isCurrentHash, scryptHash, verifyPassword } from './password-hash.ts'
import { createPasswords } from './passwords.ts'

describe('a stored password', () => {
  test('is salted, and recognizes its password only', async () => {
    const [one, two] = await Promise.all([hashPassword('pässwörd'), hashPassword('pässwörd')])
    expect(one).not.toBe(two)
    expect(await verifyPassword('pässwörd', one)).toBe(true)
    expect(await verifyPassword('pässword', one)).toBe(false)
    expect(await verifyPassword('', one)).toBe(false)
  })

  test('may be an empty one or have a NUL in it', async () => {
    const stored = await hashPassword('a\u0000b')
    expect(await verifyPassword('a\u0000b', stored)).toBe(true)
    expect(await verifyPassword('a', stored)).toBe(false)
  })

  test("may be the reference's scrypt, whose salt is text", async () => {
    const salt = '00112233445566778899aabbccddeeff'
    const stored = `${salt}:${scryptSync('hunter2', salt, 64).toString('hex')}`
    expect(await verifyPassword('hunter2', stored)).toBe(true)
    expect(await verifyPassword('hunter3', stored)).toBe(false)
  })

  test('of another format is a fault of ours, not a wrong password', async () => {
    await expect(verifyPassword('x', 'plain')).rejects.toThrow('unknown format')
  })
})

test('without a stored password the answer is no, after the same work', async () => {
  expect(await createPasswords().verify('x', undefined)).toBe(false)
})

test('a flood of passwords leaves threads for what else the process does', async () => {
  const passwords = createPasswords()
  let hashed = 0
  const flood = Array.from({ length: 60 }, () => passwords.hash('x').then(() => hashed++))
  // Files are read in the threads that passwords are hashed in.
  for (let n = 0; n < 50; n++) await stat(import.meta.filename)
  expect(hashed).toBeLessThan(30)
  await Promise.all(flood)
})

test('what was hashed at another cost, or by the reference, is not of today', async () => {
  const current = await hashPassword('x')
  expect(isCurrentHash(current)).toBe(true)
  expect(isCurrentHash(current.replace('t=2', 't=1'))).toBe(false)
  expect(isCurrentHash(await scryptHash('x', '00112233445566778899aabbccddeeff'))).toBe(false)
})

describe('a gate', () => {
  test('lets its number in, its number wait in order, and turns away one more', async () => {
    const gate = new Gate({ concurrencyMax: 2, queueMax: 2 })
    const doors = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const entered: number[] = []
    const passes = doors.map(({ promise }, index) =>
      gate.pass(async () => {
        entered.push(index)
        await promise
        if (index === 0) throw new Error('a failure frees the place, too')
      }),
    )
    const settled = Promise.allSettled(passes)
    await expect(passes[4]).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    expect(entered).toEqual([0, 1])
    doors[0]?.resolve()
    await expect(passes[0]).rejects.toThrow('frees the place')
    expect(entered).toEqual([0, 1, 2])
    for (const door of doors) door.resolve()
    await settled
    expect(entered).toEqual([0, 1, 2, 3])
    expect(await gate.pass(async () => 'free again')).toBe('free again')
  })
})

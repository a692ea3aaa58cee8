import { startComposeHouse } from './compose-house.ts'
import type { HouseKind } from './house.ts'
import { startStandaloneHouse } from './standalone-house.ts'

export const oneProcess: HouseKind = {
  name: 'one process',
  start: (options) => startStandaloneHouse({ ...options, redis: false }),
}

export const oneProcessWithRedis: HouseKind = {
  name: 'one process with Redis',
  start: (options) => startStandaloneHouse({ ...options, redis: true }),
}

export const fiveServices: HouseKind = { name: 'five services behind nginx', start: startComposeHouse }

import { HeronryError } from '@heronry/core/error'
import type { ActorStatus } from './actor-status.ts'

/** Whether the house keeps the account from logging in. */
export function isBarred(status: ActorStatus): boolean {
  return status === 'takendown' || status === 'suspended'
}

export function takenDown(): HeronryError {
  return new HeronryError('AccountTakedown', 'Account has been taken down')
}

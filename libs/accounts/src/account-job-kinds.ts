import { type Did, isDid } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { defineJob } from '@heronry/jobs/define-job'

const queue = 'accounts'

/** Undo a sign-up that nobody has ended. */
export const undoDraft = defineJob({
  queue,
  name: 'undoDraft',
  parse(payload: unknown): { draftId: string } {
    const { draftId } = payload as { draftId?: unknown }
    if (typeof draftId !== 'string' || !/^\d{1,19}$/.test(draftId)) throw new Error('undoDraft: draftId')
    return { draftId }
  },
})

/** End a DID that was made for a sign-up which came to nothing. */
export interface Retirement {
  did: Did
  /** Its genesis operation. */
  operation: PlcOperation
  /** Whether the directory was asked before and had not heard of it. */
  isSecondLook: boolean
}

export const retireDid = defineJob({
  queue,
  name: 'retireDid',
  parse(payload: unknown): Retirement {
    const { did, operation, isSecondLook } = payload as Partial<Record<keyof Retirement, unknown>>
    if (typeof did !== 'string' || !isDid(did)) throw new Error('retireDid: did')
    if (typeof operation !== 'object' || operation === null) throw new Error('retireDid: operation')
    return { did, operation: operation as PlcOperation, isSecondLook: isSecondLook === true }
  },
})

/** A password reset that somebody has asked for. */
export interface ResetRequest {
  communityId: CommunityId
  /** Lower-case; perhaps nobody's. */
  email: string
}

export const mailPasswordReset = defineJob({
  queue,
  name: 'mailPasswordReset',
  parse(payload: unknown): ResetRequest {
    const { communityId, email } = payload as Partial<Record<keyof ResetRequest, unknown>>
    if (typeof communityId !== 'number') throw new Error('mailPasswordReset: communityId')
    if (typeof email !== 'string') throw new Error('mailPasswordReset: email')
    return { communityId: communityId as CommunityId, email }
  },
})

/** Delete what has expired. */
export const purgeTokensJob = defineJob({ queue, name: 'purgeTokens', parse: () => ({}) })

/** Delete an actor whose deactivation was to end so, at the moment that its owner named: it may have been changed since. */
export const deleteDeactivated = defineJob({
  queue,
  name: 'deleteDeactivated',
  parse: actorPayload('deleteDeactivated'),
})

/** Forget reserved keys and codes of the gate that have run out. */
export const purgeReservations = defineJob({ queue, name: 'purgeReservations', parse: () => ({}) })

/** A suspension's end, at the moment it was to end when it was made: it may have been changed since. */
export const endSuspension = defineJob({ queue, name: 'endSuspension', parse: actorPayload('endSuspension') })

function actorPayload(name: string) {
  return (payload: unknown): { actorId: string } => {
    const { actorId } = payload as { actorId?: unknown }
    if (typeof actorId !== 'string' || !/^\d{1,19}$/.test(actorId)) throw new Error(`${name}: actorId`)
    return { actorId }
  }
}

/** Find out what became of a change of an identity that nobody has ended. */
export interface Settlement {
  actorId: string
  changeId: string
  /** Whether the DID's document was asked before and did not say so. */
  isSecondLook: boolean
}

export const settleIdentityChange = defineJob({
  queue,
  name: 'settleIdentityChange',
  parse(payload: unknown): Settlement {
    const { actorId, changeId, isSecondLook } = payload as Partial<Record<keyof Settlement, unknown>>
    for (const id of [actorId, changeId]) {
      if (typeof id !== 'string' || !/^\d{1,19}$/.test(id)) throw new Error('settleIdentityChange: ids')
    }
    return { actorId: String(actorId), changeId: String(changeId), isSecondLook: isSecondLook === true }
  },
})

/** Take the documents of DIDs away that are too old to be used. */
export const purgeDidDocuments = defineJob({
  queue,
  name: 'purgeDidDocuments',
  parse: () => ({}),
})

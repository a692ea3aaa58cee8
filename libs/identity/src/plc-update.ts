import { assureValidOp, createUpdateOp, def, normalizeOp } from '@did-plc/lib'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { Signer } from '@heronry/vault/vault'
import { keypair, type PlcOperation, type PlcSigned } from './plc-operation.ts'

/** What an operation says of a DID; what is left out of a change stays as it was. */
export type PlcFields = Pick<
  PlcOperation,
  'rotationKeys' | 'alsoKnownAs' | 'verificationMethods' | 'services'
>

/**
 * The operation that follows `last` and changes the given fields, signed and not submitted. Throws `InvalidRequest` where the DID has
 * ended, or a key is none that PLC knows. Whether the directory takes it depends on who may change the DID: this is not looked at here.
 */
export async function updateOperation(
  rotation: Signer,
  { last, change }: { last: PlcSigned; change: Partial<PlcFields> },
): Promise<PlcOperation> {
  if (last.type === 'plc_tombstone') throw invalid('Did is tombstoned')
  const operation = await createUpdateOp(last, keypair(rotation), (before) => ({ ...before, ...change }))
  await assureValidOp(operation).catch((cause: unknown) => {
    throw new HeronryError('InvalidRequest', 'A key must be a did:key of K-256 or P-256', { cause })
  })
  return operation
}

/** The names of a DID, with this handle in the place of the one before; the others are their owner's. */
export function namesWithHandle(last: PlcSigned, handle: Handle): string[] {
  if (last.type === 'plc_tombstone') throw invalid('Did is tombstoned')
  const { alsoKnownAs } = normalizeOp(last)
  const place = alsoKnownAs.findIndex(isHandleName)
  return place === -1 ? [`at://${handle}`, ...alsoKnownAs] : alsoKnownAs.with(place, `at://${handle}`)
}

/** The handle that the operation gives its DID, unread; undefined where it gives none. */
export function handleOfOperation(last: PlcSigned): string | undefined {
  if (last.type === 'plc_tombstone') return undefined
  return normalizeOp(last).alsoKnownAs.find(isHandleName)?.slice('at://'.length)
}

/** Throws `InvalidRequest` for what is no signed operation, a tombstone and the old form of a genesis included. */
export function readPlcOperation(value: unknown): PlcOperation {
  const read = def.operation.safeParse(value)
  if (!read.success) throw invalid('Invalid operation')
  // As it came: what is left out or added would not be what was signed.
  return value as PlcOperation
}

/** Throws `InvalidRequest` where a field is not of its form. */
export function readPlcFields(value: { readonly [field in keyof PlcFields]?: unknown }): Partial<PlcFields> {
  const given = Object.fromEntries(
    fields.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])),
  )
  const read = def.operation.partial().safeParse(given)
  if (!read.success) throw invalid(`Invalid ${read.error.issues[0]?.path.join('.') ?? 'operation'}`)
  return given as Partial<PlcFields>
}

const fields = ['rotationKeys', 'alsoKnownAs', 'verificationMethods', 'services'] as const

function isHandleName(name: string): boolean {
  return name.startsWith('at://')
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}

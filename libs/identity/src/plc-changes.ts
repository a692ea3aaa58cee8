import { normalizeOp } from '@did-plc/lib'
import { changeLengthMax, changesMax } from './limits.ts'
import type { PlcOperation, PlcSigned } from './plc-operation.ts'

/**
 * What an operation changes, in lines for whom it concerns: what goes has a −, what comes a +. Of bounded size and without line ends within, whatever
 * an operation names.
 */
export function plcChanges(last: PlcSigned, next: PlcOperation): string[] {
  if (last.type === 'plc_tombstone') return []
  const before = told(normalizeOp(last))
  const after = told(next)
  const changes = [
    ...before.filter((line) => !after.includes(line)).map((line) => `− ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ]
  if (changes.length === 0) return ['nothing, or an order alone']
  const shown = changes.slice(0, changesMax)
  return changes.length > shown.length ? [...shown, `and ${changes.length - shown.length} more`] : shown
}

type Told = Pick<PlcOperation, 'rotationKeys' | 'alsoKnownAs' | 'verificationMethods' | 'services'>

function told({ rotationKeys, alsoKnownAs, verificationMethods, services }: Told): string[] {
  return [
    ...Object.entries(services).map(([id, { endpoint }]) =>
      id === 'atproto_pds' ? `server: ${endpoint}` : `service ${id}: ${endpoint}`,
    ),
    ...alsoKnownAs.map((name) => `name: ${name}`),
    ...Object.entries(verificationMethods).map(([id, key]) => `signing key ${id}: ${key}`),
    ...rotationKeys.map((key) => `key that may change the identity: ${key}`),
  ].map((line) => line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, changeLengthMax))
}

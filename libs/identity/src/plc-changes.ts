import { normalizeOp } from '@did-plc/lib'
import { changeLengthMax, changesMax } from './limits.ts'
import type { PlcOperation, PlcSigned } from './plc-operation.ts'

/**
 * What an operation changes, in lines for whom it concerns: what goes has a −, what comes a +. Of bounded size and without line ends within, whatever
 * an operation names; what gives the most power comes first, so that nothing can be written in front of it until it is not told any more.
 */
export function plcChanges(last: PlcSigned, next: PlcOperation): string[] {
  if (last.type === 'plc_tombstone') return []
  const before = normalizeOp(last)
  const changes = [
    ...changed(keys(before), keys(next)),
    ...reordered('keys, the strongest first', before.rotationKeys, next.rotationKeys),
    ...changed(servers(before), servers(next)),
    ...changed(signingKeys(before), signingKeys(next)),
    ...changed(services(before), services(next)),
    ...reordered('names', before.alsoKnownAs, next.alsoKnownAs),
    ...changed(names(before), names(next)),
  ].map(oneLine)
  if (changes.length === 0) return ['nothing']
  const shown = changes.slice(0, changesMax)
  return changes.length > shown.length ? [...shown, `and ${changes.length - shown.length} more`] : shown
}

type Told = Pick<PlcOperation, 'rotationKeys' | 'alsoKnownAs' | 'verificationMethods' | 'services'>

function changed(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `− ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ]
}

/** An order says something, too: a key may undo what those behind it have done, and the first name is the one that is shown. */
function reordered(what: string, before: readonly string[], after: readonly string[]): string[] {
  const stays = before.filter((one) => after.includes(one))
  const isSame = stays.every((one, index) => after[index] === one)
  return isSame ? [] : [`order of ${what}: ${after.join(', ')}`]
}

const keys = ({ rotationKeys }: Told) => rotationKeys.map((key) => `key that may change the identity: ${key}`)

const names = ({ alsoKnownAs }: Told) => alsoKnownAs.map((name) => `name: ${name}`)

const signingKeys = ({ verificationMethods }: Told) =>
  Object.entries(verificationMethods).map(([id, key]) => `signing key ${id}: ${key}`)

/** Where the account lives. */
function servers({ services }: Told): string[] {
  const server = services['atproto_pds']
  if (server === undefined) return []
  const { type, endpoint } = server
  return [type === 'AtprotoPersonalDataServer' ? `server: ${endpoint}` : `server (${type}): ${endpoint}`]
}

function services({ services: all }: Told): string[] {
  return Object.entries(all)
    .filter(([id]) => id !== 'atproto_pds')
    .map(([id, { type, endpoint }]) => `service ${id} (${type}): ${endpoint}`)
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
  return line.length > changeLengthMax ? `${line.slice(0, changeLengthMax - 1)}…` : line
}

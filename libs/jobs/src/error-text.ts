import { errorTextLengthMax } from './limits.ts'

/** Shorter texts of a payload are no secrets, and would riddle the message. */
const secretLengthMin = 4

/** Why an attempt failed, for the row and the log: whatever text the payload holds is taken out of it. */
export function errorText(error: unknown, payload: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const secrets = [...textsIn(payload)].sort((left, right) => right.length - left.length)
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[…]'), text).slice(0, errorTextLengthMax)
}

function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === 'string') {
    if (value.length >= secretLengthMin) yield value
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) yield* textsIn(part)
  }
}

/** What the driver binds: a prepared statement and its parameters, which `valueMapper` turns into text, bytes or null. */
export interface BindConfig {
  readonly portal?: string
  readonly statement?: string
  readonly binary?: boolean
  readonly values?: readonly unknown[]
  readonly valueMapper?: (value: unknown, index: number) => unknown
}

/**
 * The protocol's Bind message, in memory of just its size: bytes in binary form, everything else as text. The driver's own writer grows, and
 * copies what it has, with each parameter: three times the CPU and four times the memory for a commit statement's arrays.
 */
export function bindMessage({
  portal = '',
  statement = '',
  binary = false,
  values = [],
  valueMapper,
}: BindConfig): Buffer {
  const mapped = values.map((value, index) => (valueMapper === undefined ? value : valueMapper(value, index)))
  const parameters = mapped.map((value) => (value == null ? null : isBytes(value) ? value : String(value)))
  const sizes = parameters.map((value) => (value === null ? 0 : Buffer.byteLength(value)))
  const names = Buffer.byteLength(portal) + Buffer.byteLength(statement)
  const size = sizes.reduce((sum, each) => sum + 2 + 4 + each, 1 + 4 + names + 2 + 2 + 2 + 2 + 2)
  const message = Buffer.allocUnsafe(size)
  let at = message.writeUInt8(bindCode)
  at = message.writeInt32BE(size - 1, at)
  for (const name of [portal, statement]) {
    at += message.write(name, at)
    at = message.writeUInt8(0, at)
  }
  at = message.writeUInt16BE(parameters.length, at)
  for (const value of parameters) at = message.writeInt16BE(isBytes(value) ? 1 : 0, at)
  at = message.writeUInt16BE(parameters.length, at)
  for (const [index, value] of parameters.entries()) {
    const length = sizes[index] ?? 0
    at = message.writeInt32BE(value === null ? -1 : length, at)
    if (isBytes(value)) message.set(value, at)
    else if (value !== null) message.write(value, at)
    at += length
  }
  // One format for all columns of the answer.
  at = message.writeInt16BE(1, at)
  message.writeInt16BE(binary ? 1 : 0, at)
  return message
}

const bindCode = 'B'.charCodeAt(0)

function isBytes(value: unknown): value is Buffer {
  return value instanceof Buffer
}

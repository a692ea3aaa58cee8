/** The part of a lexicon's schema, of whatever kind, that says what it fills in. */
interface AnySchema {
  readonly type?: string
  readonly validator?: AnySchema
  readonly defaultValue?: unknown
  readonly shape?: Readonly<Record<string, AnySchema>>
}

/** What a field that is not there is given; undefined: nothing. */
export function defaultOf(field: unknown): unknown {
  const { type, validator, defaultValue } = field as AnySchema
  if (type === 'withDefault') return defaultValue
  return type === 'optional' ? defaultOf(validator) : undefined
}

/** Whether it is known to give back what it was given. Kinds that are not looked into are not. */
export function fillsNothingIn(schema: unknown): boolean {
  const { type = '', validator, shape } = schema as AnySchema
  if (plain.has(type)) return true
  if (type === 'object') return Object.values(shape ?? {}).every(fillsNothingIn)
  return (type === 'optional' || type === 'nullable' || type === 'array') && fillsNothingIn(validator)
}

const plain = new Set([
  'string',
  'integer',
  'boolean',
  'bytes',
  'cid',
  'literal',
  'enum',
  'lexMap',
  'unknown',
])

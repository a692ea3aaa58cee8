import { isKnownVariable, isRetiredVariable } from './known-variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads one environment, and keeps every problem it meets instead of stopping at the first.
 *
 * A name is given without its prefix: `HERONRY_<name>` wins over `PDS_<name>`. An empty value counts as unset.
 */
export class EnvironmentReader {
  readonly problems: string[] = []
  readonly warnings: string[] = []
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
    for (const name of Object.keys(environment)) this.#checkName(name)
  }

  string(name: string): string | undefined {
    return this.#find(name)?.value
  }

  required(name: string, purpose: string): string {
    const value = this.string(name)
    if (value === undefined) this.problems.push(`${this.#nameOf(name)} is missing: ${purpose}`)
    return value ?? ''
  }

  /** `true`, `1`, `false` or `0`; anything else counts as unset, as in the reference, and is warned of. */
  boolean(name: string): boolean | undefined {
    const found = this.#find(name)
    if (found === undefined) return undefined
    if (found.value === 'true' || found.value === '1') return true
    if (found.value === 'false' || found.value === '0') return false
    this.warnings.push(`${found.name} is neither true, 1, false nor 0, and counts as unset`)
    return undefined
  }

  /** A whole number from `least` to 2^53 - 1. */
  integer(name: string, least = 0): number | undefined {
    const found = this.#find(name)
    if (found === undefined) return undefined
    const value = /^\d+$/.test(found.value) ? Number(found.value) : Number.NaN
    if (Number.isSafeInteger(value) && value >= least) return value
    this.problems.push(`${found.name} must be a whole number of at least ${least}`)
    return undefined
  }

  /** 1 to 65535. */
  port(name: string): number | undefined {
    const port = this.integer(name, 1)
    if (port === undefined || port <= 65_535) return port
    this.problems.push(`${this.#nameOf(name)} must be a port, at most 65535`)
    return undefined
  }

  /** Comma-separated; unset means empty. */
  list(name: string): string[] {
    const parts = this.string(name)?.split(',') ?? []
    return parts.map((part) => part.trim()).filter((part) => part !== '')
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const found = this.#find(name)
    if (found === undefined) return undefined
    if (URL.canParse(found.value) && protocols.includes(new URL(found.value).protocol)) return found.value
    this.problems.push(`${found.name} must be a URL that begins with ${protocols.join(' or ')}//`)
    return undefined
  }

  /** Both or neither; a lone one is a problem. */
  together(...names: [string, string]): boolean {
    const missing = names.filter((name) => this.string(name) === undefined)
    if (missing.length === 1) {
      const [first, second] = names.map((name) => `PDS_${name}`)
      this.problems.push(`${first} and ${second} belong together: set both or neither`)
    }
    return missing.length === 0
  }

  /** Runs a parser over a value; its error becomes a problem that names the variable, never its value. */
  parse<T>(name: string, text: string | undefined, parser: (text: string) => T): T | undefined {
    if (text === undefined || text === '') return undefined
    try {
      return parser(text)
    } catch (error) {
      this.problems.push(`${this.#nameOf(name)} ${error instanceof Error ? error.message : 'is not valid'}`)
      return undefined
    }
  }

  #find(name: string): { name: string; value: string } | undefined {
    for (const full of [`HERONRY_${name}`, `PDS_${name}`]) {
      const value = this.#environment[full]
      if (value !== undefined && value !== '') return { name: full, value }
    }
    return undefined
  }

  #nameOf(name: string): string {
    const known = [`HERONRY_${name}`, `PDS_${name}`].filter(isKnownVariable)
    return this.#find(name)?.name ?? known.at(-1) ?? name
  }

  #checkName(name: string): void {
    if (!/^(PDS|HERONRY)_/.test(name) || this.#environment[name] === '') return
    if (name.startsWith('PDS_ENTRYWAY_')) {
      this.problems.push(
        `${name} is set, but a house of Heronry stands behind no other entryway: unset PDS_ENTRYWAY_*`,
      )
    } else if (isRetiredVariable(name)) {
      this.warnings.push(`${name} means nothing here: the data is in Postgres`)
    } else if (!isKnownVariable(name)) {
      this.warnings.push(`${name} is not known: is it misspelt?`)
    }
  }
}

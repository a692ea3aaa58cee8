/**
 * What a process goes on without, more slowly: each part that uses it says whether it has it, and the process shows it. What it
 * cannot do without is no matter of this.
 */
export class Dependencies {
  readonly #parts = new Map<string, (() => boolean)[]>()

  watch(name: string, isThere: () => boolean): void {
    this.#parts.set(name, [...(this.#parts.get(name) ?? []), isThere])
  }

  /** By name, whether every part that uses it has it now. */
  states(): Map<string, boolean> {
    return new Map([...this.#parts].map(([name, parts]) => [name, parts.every((isThere) => isThere())]))
  }
}

import { Chance } from '../chance.ts'
import { bytesOf, draftOf, type Known, type Template } from './draft.ts'
import { draftFaults } from './draft-faults.ts'
import { withOddValue } from './odd-values.ts'
import { templatesOf } from './templates.ts'

/**
 * `count` requests as bytes for a bare socket, the same for the same seed. Each begins as one that the house would take and has up to
 * four faults put into it: values, params, body, headers, verb, path, framing.
 */
export function malformedRequests(known: Known, { seed, count }: { seed: number; count: number }): Buffer[] {
  const chance = new Chance(seed)
  const templates = templatesOf(known)
  return Array.from({ length: count }, () => {
    const template = chance.one(templates)
    const draft = draftOf(known, chance.maybe(0.7) ? withFault(template, chance, known) : template)
    for (let faults = chance.below(4); faults > 0; faults--) chance.one(draftFaults)(draft, chance, known)
    return bytesOf(draft)
  })
}

function withFault(template: Template, chance: Chance, known: Known): Template {
  const { params = {}, body } = template
  if (body !== undefined && chance.maybe(0.8)) {
    return { ...template, body: withOddValue(body, chance, known) as object | string }
  }
  return { ...template, params: withOddValue(params, chance, known) as Record<string, unknown> }
}

import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import { type Handle, parseHandle } from '@heronry/core/handle'
import { handleLabelLengthMax, handleLabelLengthMin } from './limits.ts'
import { reservedLabels } from './reserved-labels.ts'

/** `.test` is allowed: development lives there. */
const disallowedTlds = ['local', 'arpa', 'invalid', 'localhost', 'internal', 'example', 'alt', 'onion']

export interface HandleRequest {
  handle: string
  community: Community
  /** All of the house: their own names are nobody's handle. */
  communities: readonly Community[]
}

/**
 * The handle that a new account of the community may have, if nobody has it yet: under one of the community's handle domains.
 * Throws `InvalidHandle`, `UnsupportedDomain` or `HandleNotAvailable`, as the reference does, in its order; but for
 * inappropriate words, which need a list that an operator can edit.
 */
export function newHandle({ handle: text, community, communities }: HandleRequest): Handle {
  const handle = parseHandle(text)
  const tld = handle.slice(handle.lastIndexOf('.') + 1)
  if (disallowedTlds.includes(tld)) throw invalid('Handle TLD is invalid or disallowed')
  const domain = longest(community.handleDomains.filter((candidate) => handle.endsWith(candidate)))
  if (domain === undefined) throw new HeronryError('UnsupportedDomain', 'Not a supported handle domain')
  const label = handle.slice(0, -domain.length)
  if (label.includes('.')) throw invalid('Invalid characters in handle')
  if (label.length < handleLabelLengthMin) throw invalid('Handle too short')
  if (label.length > handleLabelLengthMax) throw invalid('Handle too long')
  if (reservedLabels.has(label) || isHouseName(handle, communities)) {
    throw new HeronryError('HandleNotAvailable', 'Reserved handle')
  }
  return handle
}

function isHouseName(handle: Handle, communities: readonly Community[]): boolean {
  return communities.some(
    ({ hostname, handleDomains }) => hostname === handle || handleDomains.includes(`.${handle}`),
  )
}

function longest(texts: readonly string[]): string | undefined {
  return texts.toSorted((left, right) => right.length - left.length)[0]
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidHandle', message)
}

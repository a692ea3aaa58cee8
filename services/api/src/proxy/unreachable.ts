import { HeronryError } from '@heronry/core/error'

/** What a client is told of an upstream that gave no answer; why is in the log. */
export function unreachable(cause: unknown): HeronryError {
  return new HeronryError('UpstreamFailure', 'Upstream service unreachable', { cause })
}

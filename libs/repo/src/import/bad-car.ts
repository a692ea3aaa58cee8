import { HeronryError } from '@heronry/core/error'

/** What is wrong with a CAR, in words for whoever has sent it. */
export function badCar(message: string, cause?: unknown): HeronryError {
  return new HeronryError('InvalidRequest', message, { cause })
}

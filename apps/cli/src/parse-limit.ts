import { InvalidArgumentError } from 'commander'

export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number from 1 is expected.')
}

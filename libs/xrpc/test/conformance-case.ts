import type { Asked } from './request.ts'

export interface ConformanceCase {
  readonly name: string
  readonly asked: Asked
  /** Why ours differs from the reference, where it does, and what ours answers instead. */
  readonly differs?: { readonly why: string; readonly status?: number; readonly error?: string }
}

export const json = { 'content-type': 'application/json' }
export const blob = { 'content-type': 'application/octet-stream' }
export const good = { authorization: 'Bearer good' }
export const named = '{"name":"heron"}'

export const post = (
  name: string,
  path: string,
  more: Omit<Asked, 'path' | 'method'>,
  differs?: ConformanceCase['differs'],
) => ({
  name,
  asked: { method: 'POST', path: `/xrpc/${path}`, ...more },
  ...(differs === undefined ? {} : { differs }),
})
export const get = (
  name: string,
  path: string,
  more: Omit<Asked, 'path'> = {},
  differs?: ConformanceCase['differs'],
) => ({
  name,
  asked: { path: `/xrpc/${path}`, ...more },
  ...(differs === undefined ? {} : { differs }),
})
export const name = (error: string) => ({
  why: 'the name of §0 instead of the name of a JavaScript class',
  error,
})

export const charset = {
  why: 'bytes are passed on with the type they came with; the reference adds a charset it does not know',
}

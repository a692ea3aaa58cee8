import { l } from '@atproto/lex'
import { CliError, type ExitReason } from './exit-codes.ts'
import { answerBytesMax, answerTimeoutMs } from './limits.ts'

type Method = l.Query | l.Procedure

/** A running house, asked over HTTP. */
export interface House {
  readonly url: string
  /** Asks a query with `params`, a procedure with `input`; throws a CliError for whatever is not its answer. */
  call<M extends Method>(ns: l.Main<M>, call?: Call): Promise<l.InferMethodOutputBody<M>>
}

export interface Call {
  readonly params?: Readonly<Record<string, string | number | undefined>>
  readonly input?: object
}

export function connectTo(url: string, { password }: { password?: string } = {}): House {
  const authorization = password && `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
  return {
    url,
    async call<M extends Method>(ns: l.Main<M>, { params = {}, input }: Call = {}) {
      const schema = l.getMain(ns)
      const address = new URL(`/xrpc/${schema.nsid}`, url)
      for (const [name, value] of Object.entries(params)) {
        if (value !== undefined) address.searchParams.set(name, String(value))
      }
      const body = await ask(address, {
        headers: {
          ...(authorization && { authorization }),
          ...(input && { 'content-type': 'application/json' }),
        },
        ...(schema instanceof l.Procedure && { method: 'POST', body: input ? JSON.stringify(input) : null }),
      })
      const output = schema.output.schema?.safeParse(body)
      if (output && !output.success) {
        throw new CliError('failure', `${url} does not answer ${schema.nsid} as a house does`)
      }
      return body as l.InferMethodOutputBody<M>
    },
  }
}

async function ask(address: URL, request: RequestInit): Promise<unknown> {
  const signal = AbortSignal.timeout(answerTimeoutMs)
  const response = await fetch(address, { ...request, signal, redirect: 'error' }).catch((error) => {
    throw unreachable(address, error)
  })
  const text = await readText(response).catch((error) => {
    throw error instanceof CliError ? error : unreachable(address, error)
  })
  const body = parsed(text)
  if (response.ok && body !== undefined) return body
  throw refusal(response.status, Object(body))
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > answerBytesMax) throw new CliError('failure', 'The answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(address: URL, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return new CliError(
    'unavailable',
    `${address.origin} cannot be reached: ${code ?? (cause as Error).message}`,
  )
}

function refusal(status: number, { error, message }: { error?: unknown; message?: unknown }): CliError {
  const text = typeof message === 'string' ? message : `The house answered ${status}`
  return new CliError(
    reasonOf(status, { error, text }),
    status === 401 ? `${text}: is the password right?` : text,
  )
}

const absent = ['NotFound', 'AccountNotFound', 'RepoNotFound']
const taken = ['AlreadyExists', 'HandleNotAvailable']

function reasonOf(status: number, { error, text }: { error: unknown; text: string }): ExitReason {
  // The reference names what is taken by its message alone.
  if (taken.includes(String(error)) || /^(Handle|Email) already taken/.test(text)) return 'conflict'
  if (absent.includes(String(error)) || status === 404) return 'notFound'
  return [429, 502, 503, 504].includes(status) ? 'unavailable' : 'failure'
}

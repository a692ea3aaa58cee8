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
  const response = await fetch(address, { ...request, signal, redirect: 'manual' }).catch((error) => {
    throw unreachable(address, error)
  })
  const text = await readText(response).catch((error) => {
    throw error instanceof CliError ? error : unreachable(address, error)
  })
  const body = parsed(text)
  if (response.ok && body !== undefined) return body
  throw refusal(address, { response, body: Object(body) })
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

const hints: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED). Is the house running, and --url right?',
  ENOTFOUND: 'no name server knows that host (ENOTFOUND). Is --url right?',
  EAI_AGAIN: 'no name server answers (EAI_AGAIN). Is there a network?',
}

function unreachable(address: URL, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const what = String(code ?? (cause instanceof Error ? cause.message : cause))
  return new CliError('unavailable', `${address.origin} cannot be reached: ${hints[what] ?? what}`)
}

interface Refusal {
  readonly response: Response
  readonly body: { readonly error?: unknown; readonly message?: unknown }
}

function refusal({ origin }: URL, { response, body: { error, message } }: Refusal): CliError {
  const { status } = response
  const location = response.headers.get('location')
  if (location !== null) return new CliError('usage', `${origin} sends on to ${location}: ask there (--url)`)
  if (error === undefined) {
    const reason = isUnavailable(status) ? 'unavailable' : 'failure'
    return new CliError(reason, `${origin} answers ${status}, and not as a house does`)
  }
  const text = typeof message === 'string' ? message : `${origin} answers ${status} ${error}`
  return new CliError(
    reasonOf(status, { error, text }),
    status === 401 ? `${text}: is the password right, and of this community?` : text,
  )
}

const absent = ['NotFound', 'AccountNotFound', 'RepoNotFound']
const taken = ['AlreadyExists', 'HandleNotAvailable']

function reasonOf(status: number, { error, text }: { error: unknown; text: string }): ExitReason {
  // The reference names what is taken by its message alone.
  if (taken.includes(String(error)) || /^(Handle|Email) already taken/.test(text)) return 'conflict'
  if (absent.includes(String(error))) return 'notFound'
  return isUnavailable(status) ? 'unavailable' : 'failure'
}

function isUnavailable(status: number): boolean {
  return [429, 502, 503, 504].includes(status)
}

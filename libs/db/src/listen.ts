import { sleep } from '@heronry/core/sleep'
import pg from 'pg'

export interface ListenOptions {
  /** A libpq connection string that reaches Postgres itself: a pooler in transaction mode forwards no notifications. */
  url: string
  channel: string
  onNotify: (payload: string) => void
  /** A connection could not be made, or was lost: another one is tried. */
  onError: (error: Error) => void
}

const reconnectDelayMs = 1000

/**
 * Hears the notifications of one channel over a connection of its own until `signal` aborts. What is sent while there is no
 * connection is lost: a notification hastens, polling is the truth.
 */
export async function listen(options: ListenOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(options, signal).catch(options.onError)
    await sleep(reconnectDelayMs, signal)
  }
}

async function listenOnce({ url, channel, onNotify }: ListenOptions, signal: AbortSignal): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `heronry-listen-${channel}`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  const ended = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    client.on('error', reject)
    client.on('end', () => resolve())
  })
  // Awaited below; until then a loss while connecting is reported by `connect` itself.
  ended.catch(() => {})
  client.on('notification', ({ payload }) => onNotify(payload ?? ''))
  try {
    await client.connect()
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
    if (!signal.aborted) await ended
  } finally {
    await client.end().catch(() => {})
  }
}

import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Passage } from './circuits.ts'
import { type Collected, CollectedBody, isJson } from './collected-body.ts'
import { ClientGone, ExchangeFault, endingOf } from './exchange-fault.ts'
import { errorBytesMax, errorDrainMs, type ProxyLimits } from './limits.ts'

export interface ExchangeRequest {
  readonly origin: string
  /** With its query. */
  readonly path: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: Readable | Buffer | null
}

export interface ExchangeParts {
  readonly passage: Passage
  readonly limits: ProxyLimits
  /** Begins the client's answer, of an upstream's success; unless given, that is collected as an error is. */
  readonly begin?: ((status: number, headers: IncomingHttpHeaders) => ServerResponse) | undefined
  /** Of an upstream's success: whether it is collected all the same. One that turns out too long is streamed after all. */
  readonly collects?: ((headers: IncomingHttpHeaders) => boolean) | undefined
  /** Who waits for the answer: when it closes early, so does the exchange. */
  readonly client: ServerResponse
  /** Of an answer that is collected. */
  readonly collectedBytesMax: number
}

/** What became of an exchange that was answered: streamed to its end, cut short on the way, or collected. */
export type ExchangeEnd =
  | { readonly how: 'streamed' | 'cut'; readonly status: number }
  | ({ readonly how: 'collected' } & Collected)

/**
 * Sends one request, and passes its answer on as fast as the client reads. Rejects with an `ExchangeFault` where there was no answer to
 * pass on, with `ClientGone` where nobody waits any more, and with what the request's body failed with.
 *
 * Invariant: the passage is left when the connection is free again, or gone. After the first byte of an answer that is streamed there is
 * no error to answer: what breaks then breaks the client's answer, too.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  parts: ExchangeParts,
): Promise<ExchangeEnd> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler(parts, { resolve, reject })
    const { headersTimeoutMs: headersTimeout, bodyTimeoutMs: bodyTimeout } = parts.limits
    dispatcher.dispatch({ ...request, headersTimeout, bodyTimeout }, handler)
  })
}

interface Settling {
  readonly resolve: (end: ExchangeEnd) => void
  readonly reject: (error: unknown) => void
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #parts: ExchangeParts
  readonly #settling: Settling
  readonly #timer: NodeJS.Timeout
  readonly #onClose = () => this.#clientClosed()
  #controller: Dispatcher.DispatchController | undefined
  /** Why it is over, known before there was anything to abort. */
  #reason: Error | undefined
  #drainTimer: NodeJS.Timeout | undefined
  #status = 0
  #target: ServerResponse | undefined
  #collected: CollectedBody | undefined
  #streamedBytes = 0

  constructor(parts: ExchangeParts, settling: Settling) {
    this.#parts = parts
    this.#settling = settling
    this.#timer = setTimeout(() => this.#abort(new ExchangeFault('timeout')), parts.limits.exchangeMsMax)
    this.#timer.unref()
    if (parts.client.destroyed) this.#clientClosed()
    else parts.client.once('close', this.#onClose)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#reason !== undefined) controller.abort(this.#reason)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return
    const { passage, begin, collects, collectedBytesMax, limits } = this.#parts
    passage.answered()
    this.#status = status
    const length = Number(headers['content-length'] ?? 0)
    const isStreamed = begin !== undefined && status < 300
    if (isStreamed && length > limits.answerBytesMax) throw new ExchangeFault('too large')
    if (isStreamed && (length > collectedBytesMax || !collects?.(headers))) {
      this.#stream(controller, headers)
      return
    }
    const bytesMax = status < 300 ? collectedBytesMax : errorBytesMax
    this.#collected = new CollectedBody({ status, headers }, bytesMax)
    if (status < 300 || isJson(headers)) return
    // Nobody waits for a body that says nothing.
    this.#settling.resolve({ how: 'collected', ...this.#collected.end() })
    this.#drainTimer = setTimeout(() => this.#abort(new ExchangeFault('too large')), errorDrainMs)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#target !== undefined) this.#write(controller, chunk)
    else if (!this.#collected?.add(chunk)) this.#spill(controller)
  }

  /** The answer is begun with what was collected of it, the last chunk included. */
  #spill(controller: Dispatcher.DispatchController): void {
    if (this.#collected === undefined || this.#status > 299) throw new ExchangeFault('too large')
    const { headers, body } = this.#collected.end()
    this.#collected = undefined
    this.#stream(controller, headers)
    this.#write(controller, body)
  }

  #stream(controller: Dispatcher.DispatchController, headers: IncomingHttpHeaders): void {
    if (this.#parts.begin === undefined) throw new ExchangeFault('too large')
    this.#target = this.#parts.begin(this.#status, headers)
    this.#target.on('drain', () => controller.resume())
  }

  #write(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#streamedBytes += chunk.length
    if (this.#streamedBytes > this.#parts.limits.answerBytesMax) throw new ExchangeFault('too large')
    if (!this.#target?.destroyed && !this.#target?.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#leave()
    if (this.#target !== undefined) {
      this.#target.end()
      this.#settling.resolve({ how: 'streamed', status: this.#status })
    } else if (this.#collected !== undefined) {
      this.#settling.resolve({ how: 'collected', ...this.#collected.end() })
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const ending = endingOf(error)
    if (ending instanceof ExchangeFault && this.#status === 0) this.#parts.passage.failed()
    this.#leave()
    if (this.#target === undefined || ending instanceof ClientGone) {
      this.#settling.reject(ending)
      return
    }
    this.#target.destroy(ending)
    this.#settling.resolve({ how: 'cut', status: this.#status })
  }

  #clientClosed(): void {
    this.#abort(new ClientGone())
  }

  #abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }

  #leave(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#drainTimer)
    this.#parts.client.off('close', this.#onClose)
    this.#parts.passage.leave()
  }
}

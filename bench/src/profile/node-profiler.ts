import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

interface CpuProfile {
  readonly nodes: readonly { id: number; callFrame: CallFrame }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const sampleIntervalUs = 500

/** The CPU profiler of a Node process that listens for its inspector. */
export class NodeProfiler implements Disposable {
  readonly #socket: WebSocket
  #messages = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  static async connect(inspectorPort: number): Promise<NodeProfiler> {
    const targets = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)
    const [target] = (await targets.json()) as { webSocketDebuggerUrl: string }[]
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
    while (socket.readyState !== WebSocket.OPEN) await delay(10)
    const profiler = new NodeProfiler(socket)
    await profiler.#ask('Profiler.enable')
    await profiler.#ask('Profiler.setSamplingInterval', { interval: sampleIntervalUs })
    return profiler
  }

  async start(): Promise<void> {
    await this.#ask('Profiler.start')
  }

  /** @returns the functions by the time spent in themselves; the whole profile goes to a file for a browser's tools */
  async stop(file: string): Promise<SelfTime[]> {
    const { profile } = (await this.#ask('Profiler.stop')) as { profile: CpuProfile }
    writeFileSync(file, JSON.stringify(profile))
    return selfTimes(profile)
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  #ask(method: string, params = {}): Promise<unknown> {
    const id = ++this.#messages
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => {
      this.#socket.addEventListener('close', () => reject(new Error('The profiled process has ended')))
      const listen = ({ data }: MessageEvent) => {
        const message = JSON.parse(data)
        if (message.id !== id) return
        this.#socket.removeEventListener('message', listen)
        resolve(message.result)
      }
      this.#socket.addEventListener('message', listen)
    })
  }
}

export interface SelfTime {
  readonly name: string
  readonly ms: number
}

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '?'
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1_000)
  }
  times.delete('(idle)')
  return [...times].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms)
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url.replace(/^file:\/\//, '').replace(/^.*\/(?=(libs|services|node_modules)\/)/, '')
  return place === '' ? functionName : `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`
}

import { runTask } from './run-task.ts'

/** Something done once, by who may open the database; what it resolves with is its answer. */
export type Task = (args: readonly string[]) => Promise<unknown>

export interface Main {
  /** Resolves when the service has ended. */
  readonly serve: () => Promise<void>
  readonly tasks?: Readonly<Record<string, Task>>
}

/** A `main.ts`: without arguments the service; `--task <name> [argument]…` runs one of its tasks, and ends. */
export async function runMain({ serve, tasks = {} }: Main): Promise<void> {
  const [option, name = '', ...args] = process.argv.slice(2)
  if (option === undefined) return runService(serve)
  await runTask(async () => {
    const task = option === '--task' && Object.hasOwn(tasks, name) ? tasks[name] : undefined
    if (task === undefined) throw new Error(usage(Object.keys(tasks)))
    return await task(args)
  })
}

/** What `serve` throws goes to standard error, with its causes, and the process ends with code 1. */
async function runService(serve: () => Promise<void>): Promise<void> {
  try {
    await serve()
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = 1
  }
}

/** An error named `ConfigError` says all there is to say by its message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'ConfigError') return error.message
  return error.cause === undefined ? `${error.stack}` : `${error.stack}\n  because ${describe(error.cause)}`
}

function usage(tasks: readonly string[]): string {
  if (tasks.length === 0) return 'It takes no arguments: it is configured by its environment'
  return `Without arguments it is the service; or --task and one of ${tasks.join(', ')}`
}

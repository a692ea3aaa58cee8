import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Runs a command and holds its lifeline, a pipe: when the other end closes, because the launcher wants it or because the
 * launcher is gone (kill -9 included), the command gets its signal, and after its grace the whole group is killed.
 *
 * Arguments: signal, grace in fifths of a second, command…
 */
const guard = `
signal=$1 patience=$2
shift 2
"$@" 3<&- &
command=$!
(
  read -r _ <&3
  kill -s "$signal" $command
  while [ "$patience" -gt 0 ] && kill -0 $command; do sleep 0.2; patience=$((patience - 1)); done
  kill -0 $command && kill -s KILL -- -$$
) 2>/dev/null &
wait $command
`

/**
 * @typedef {object} Command
 * @property {string} name what it is called when it fails
 * @property {string[]} command program and arguments
 * @property {NodeJS.ProcessEnv} env
 * @property {NodeJS.Signals} [signal] what ends it in good order
 * @property {number} [graceS] seconds between that signal and SIGKILL
 * @property {'inherit' | 'pipe' | 'ignore' | number} [output] where both standard output and error go
 * @property {{ uid?: number, gid?: number }} [user]
 * @property {string} [cwd]
 */

/** A command under guard, in a process group of its own: a Ctrl-C reaches the launcher alone, which ends things in order. */
class GuardedProcess {
  /** @param {Command} command */
  constructor({ name, command, env, signal = 'SIGTERM', graceS = 3, output = 'inherit', user = {}, cwd }) {
    this.name = name
    const args = ['-c', guard, 'guard', signal.slice(3), String(graceS * 5), ...command]
    this.child = spawn('sh', args, {
      env,
      cwd,
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
      ...user,
    })
    /** @type {Promise<number>} the exit code */
    this.ended = once(this.child, 'exit')
      .then(([code]) => code ?? 1)
      .finally(() => this.#letGo())
    this.ended.catch(() => {})
    this.child.stdio[3]?.on('error', () => {})
  }

  async stop() {
    this.#letGo()
    await this.ended.catch(() => {})
  }

  #letGo() {
    this.child.stdio[3]?.destroy()
  }
}

/** All that a launcher has started. Once it stops, nothing more is started. */
export class Processes {
  #stopping = false
  /** @type {GuardedProcess[]} */
  #started = []
  /** @type {(error: Error) => void} */
  #lose = () => {}

  /** @type {Promise<never>} rejects when something that is needed has ended by itself */
  loss = new Promise((_, reject) => {
    this.#lose = reject
  })

  constructor() {
    this.loss.catch(() => {})
  }

  /** @param {Command} command */
  start(command) {
    if (this.#stopping) throw new Error(`${command.name} is not started any more`)
    const started = new GuardedProcess(command)
    this.#started.push(started)
    started.ended.finally(() => this.#forget(started)).catch(() => {})
    return started
  }

  /** Nothing can go on without it. @param {GuardedProcess} started */
  need(started) {
    const lose = (/** @type {unknown} */ why) => {
      if (!this.#stopping) this.#lose(new Error(`${started.name} has ended by itself (${why})`))
    }
    started.ended.then((code) => lose(`exit code ${code}`), lose)
  }

  /** @param {string} name of a command that runs now @returns {number} the process that all of it descends from */
  pidOf(name) {
    const pid = this.#started.find((it) => it.name === name)?.child.pid
    if (pid === undefined) throw new Error(`${name} does not run`)
    return pid
  }

  /** @param {Command} command @returns {Promise<number>} the exit code of something that ends by itself */
  run(command) {
    return this.start(command).ended
  }

  /** Stops what was started last first and alone (the house), then all it stood on. */
  async stopAll() {
    this.#stopping = true
    await this.#started.at(-1)?.stop()
    await Promise.all(this.#started.map((started) => started.stop()))
  }

  /** @param {GuardedProcess} started */
  #forget(started) {
    this.#started = this.#started.filter((it) => it !== started)
  }
}

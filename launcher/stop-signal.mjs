/** How often to look whether the parent is still there. */
const parentCheckMs = 500

/**
 * Resolves with the reason to stop: a signal, or the end of the process that started this one (kill -9 of npm tells nobody).
 *
 * @returns {Promise<string>}
 */
export function stopSignal() {
  const parent = process.ppid
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal))
    setInterval(() => {
      if (process.ppid !== parent) resolve('what started this is gone')
    }, parentCheckMs).unref()
  })
}

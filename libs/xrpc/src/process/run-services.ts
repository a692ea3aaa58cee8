import type { Service } from '@heronry/core/service'
import type { Logger } from '@heronry/telemetry/logger'

/**
 * Runs services until `signal` aborts; the first that fails, or ends of its own accord, stops all the others. Resolves when
 * every one has ended, and rejects with the first failure.
 */
export async function runServices(
  services: readonly Service[],
  { signal, logger }: { signal: AbortSignal; logger: Logger },
): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const runs = services.map(async (service) => {
    try {
      await service.run(either)
      if (!either.aborted) throw new Error(`${service.name} ended`)
      logger.debug({ part: service.name }, 'a part of the house ended')
    } catch (error) {
      logger.fatal({ err: error, part: service.name }, 'a part of the house failed')
      failure.abort()
      throw error
    }
  })
  const failed = (await Promise.allSettled(runs)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

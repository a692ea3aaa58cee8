import { randomBytes, scrypt } from 'node:crypto'
import { cpus } from 'node:os'
import { promisify } from 'node:util'
import { createPasswords } from '@heronry/accounts/passwords'
import { inParallel } from '../load/in-parallel.ts'
import type { Side } from '../sides/side.ts'
import { loadCpuMs } from './machine.ts'

const batches = 6
const hashesOfBatch = 6

/**
 * CPU, in ms, of hashing a password as that side does, alone: in this process, on as many cores as a round of log-ins keeps busy. The least
 * of some batches counts, since whoever else uses the machine's caches and memory only makes it more.
 */
export async function hashCpuMs(side: Side['name'], password: string): Promise<number> {
  const hash = hashes[side]
  const batchesMs: number[] = []
  while (batchesMs.length < batches) {
    const before = loadCpuMs()
    await inParallel({ count: hashesOfBatch, inFlight: cpus().length }, async () => {
      await hash(password)
    })
    batchesMs.push((loadCpuMs() - before) / hashesOfBatch)
  }
  return Math.min(...batchesMs)
}

const ours = createPasswords({ concurrencyMax: cpus().length })
const scryptAsync = promisify<string, string, number, Buffer>(scrypt)

const hashes: Record<Side['name'], (password: string) => Promise<unknown>> = {
  ours: (password) => ours.hash(password),
  // Node's defaults, a text of 32 characters as the salt, 64 bytes.
  reference: (password) => scryptAsync(password, randomBytes(16).toString('hex'), 64),
}

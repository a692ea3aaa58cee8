import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Database, PlcServer } from '@did-plc/server'

/** A real PLC directory with its own memory, on a free port of 127.0.0.1. */
export interface TestPlc extends AsyncDisposable {
  url: string
}

/**
 * Its request log is off: the package logs to standard output unless LOG_ENABLED says otherwise. The package itself would
 * listen on every interface.
 */
export async function testPlc(): Promise<TestPlc> {
  const { app } = PlcServer.create({ db: Database.mock() })
  const server: Server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

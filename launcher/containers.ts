import { renameSync, writeFileSync } from 'node:fs'
import { GenericContainer, Wait } from 'testcontainers'

/**
 * Postgres and Redis in containers for as long as this process lives; their addresses are written to the file named on the
 * command line when both are ready.
 */
const [answer = ''] = process.argv.slice(2)
const password = 'heronry'
const [postgres, redis] = await Promise.all([
  new GenericContainer('postgres:18-alpine')
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
    .start(),
  new GenericContainer('redis:7-alpine')
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start(),
])
const addresses = {
  databaseUrl: `postgres://postgres:${password}@${postgres.getHost()}:${postgres.getMappedPort(5432)}/postgres`,
  redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
}
writeFileSync(`${answer}.new`, JSON.stringify(addresses))
renameSync(`${answer}.new`, answer)

const alive = setInterval(() => {}, 60_000)
process.once('SIGTERM', () => {
  clearInterval(alive)
  void Promise.all([postgres.stop(), redis.stop()])
})

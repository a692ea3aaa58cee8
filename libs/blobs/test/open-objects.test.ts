import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openObjects } from '../src/open-objects.ts'

test('the configured bucket is asked with the configured keys', async () => {
  const asked: { url: string | undefined; authorization: string | undefined }[] = []
  const server = createServer(({ url, headers: { authorization } }, answer) => {
    asked.push({ url, authorization })
    answer.writeHead(404, { 'content-type': 'application/xml' }).end('<Error><Code>NoSuchKey</Code></Error>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const objects = openObjects({
    kind: 's3',
    bucket: 'herons',
    region: 'eu-north-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIDHERON', secretAccessKey: 'secret' },
  })
  await expect(objects.open('b/00/1/2')).rejects.toThrow()
  server.close()
  expect(asked[0]?.url).toContain('/herons/b/00/1/2')
  expect(asked[0]?.authorization).toMatch(/Credential=AKIDHERON\/\d+\/eu-north-1\/s3/)
})

test('the configured time-outs are those of the bucket', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const open = (timeouts: { uploadTimeoutMs: number; requestTimeoutMs: number }) =>
    openObjects({
      kind: 's3',
      bucket: 'herons',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      forcePathStyle: true,
      credentials: { accessKeyId: 'AKIDHERON', secretAccessKey: 'secret' },
      ...timeouts,
    })
  const timedOut = { code: 'UpstreamTimeout', fields: { bucket: 'herons', operation: 'put' } }
  const uploads = open({ uploadTimeoutMs: 100, requestTimeoutMs: 60_000 })
  await expect(uploads.put('b/00/1/2', nothing(), { mime: 'text/plain' })).rejects.toMatchObject(timedOut)
  const requests = open({ uploadTimeoutMs: 60_000, requestTimeoutMs: 100 })
  await expect(requests.put('b/00/1/2', nothing(), { mime: 'text/plain' })).rejects.toMatchObject(timedOut)
  server.closeAllConnections()
  server.close()
})

async function* nothing(): AsyncIterable<Uint8Array> {}

import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// @ts-expect-error The package has no types.
import S3rver from 's3rver'

/** An S3 server on 127.0.0.1 with one bucket. */
export interface TestS3 extends AsyncDisposable {
  options: {
    bucket: string
    /** http://127.0.0.1:… */
    endpoint: string
    forcePathStyle: true
    accessKeyId: string
    secretAccessKey: string
  }
}

export async function testS3({ bucket = 'blobs' } = {}): Promise<TestS3> {
  const directory = await mkdtemp(join(tmpdir(), 'heronry-s3-'))
  const configureBuckets = [{ name: bucket }]
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets })
  const { port } = (await server.run()) as AddressInfo
  return {
    options: {
      bucket,
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

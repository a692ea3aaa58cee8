import { createHash } from 'node:crypto'
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import type { BuildMiddleware } from '@smithy/types'

/**
 * DeleteObjects with `Content-MD5`, as the protocol had it before the SDK took to other checksums: OpenStack Swift, among others,
 * demands it.
 */
export const contentMd5: BuildMiddleware<ServiceInputTypes, ServiceOutputTypes> =
  (next, context) => async (args) => {
    if (context.commandName === 'DeleteObjectsCommand') {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string }
      for (const name of Object.keys(headers)) {
        if (/^x-amz-(sdk-)?checksum/i.test(name)) delete headers[name]
      }
      headers['content-md5'] = createHash('md5').update(body).digest('base64')
    }
    return next(args)
  }

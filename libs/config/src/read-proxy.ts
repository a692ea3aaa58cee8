import type { EnvironmentReader } from './environment-reader.ts'
import type { ProxyConfig } from './house-config.ts'

/** The reference's own variables for calls that are passed on to other services; times are milliseconds. */
export function readProxy(reader: EnvironmentReader): ProxyConfig {
  return {
    allowHttp2: reader.boolean('PROXY_ALLOW_HTTP2') ?? false,
    headersTimeoutMs: reader.integer('PROXY_HEADERS_TIMEOUT', 1),
    bodyTimeoutMs: reader.integer('PROXY_BODY_TIMEOUT', 1),
    answerBytesMax: reader.integer('PROXY_MAX_RESPONSE_SIZE', 1),
    retriesMax: reader.integer('PROXY_MAX_RETRIES'),
  }
}

import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'

/** The https of apps.heronry-tests.org, on a free port of 127.0.0.1, as this process finds and trusts it: what apps say of themselves. */
export interface HttpsWeb extends AsyncDisposable {
  /** https://apps.heronry-tests.org:port */
  readonly origin: string
  /** By path: JSON. */
  readonly documents: Map<string, object>
  /** Paths in the order in which they were asked for. */
  readonly asked: string[]
}

export async function httpsWeb(): Promise<HttpsWeb> {
  const documents: HttpsWeb['documents'] = new Map()
  const asked: string[] = []
  const server = createServer({ key, cert }, (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const found = documents.get(path)
    response
      .writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(found ?? null))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const trusted = tls.getCACertificates()
  tls.setDefaultCACertificates([...trusted, cert])
  const { lookup } = dns
  dns.lookup = ((name: string, ...rest: unknown[]) =>
    Reflect.apply(lookup, dns, [
      name === 'apps.heronry-tests.org' ? '127.0.0.1' : name,
      ...rest,
    ])) as typeof lookup
  const { port } = server.address() as AddressInfo
  return {
    ...{ documents, asked, origin: `https://apps.heronry-tests.org:${port}` },
    async [Symbol.asyncDispose]() {
      dns.lookup = lookup
      tls.setDefaultCACertificates(trusted)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Of nobody but these tests; it runs out in a hundred years. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFw9qnvViqS/YbARD
uhmDuqZ2+TKHFKrQpg1mcOmZ8UWhRANCAATbZfHQ3G86yJXOYF1OTc4eZPm2xoyy
sq+6IkkS3M0P6RqxZLJ8WZ2Uq0WGKo7lFgRgpvJ0ytmlf4XKHrchfuWo
-----END PRIVATE KEY-----`

const cert = `-----BEGIN CERTIFICATE-----
MIIBvTCCAWKgAwIBAgIUdpyLs5GuYydC6AJ99ewl4UeaVHwwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWYXBwcy5oZXJvbnJ5LXRlc3RzLm9yZzAgFw0yNjExMjIwMDI5
MzFaGA8yMTI2MTAyOTAwMjkzMVowITEfMB0GA1UEAwwWYXBwcy5oZXJvbnJ5LXRl
c3RzLm9yZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNtl8dDcbzrIlc5gXU5N
zh5k+bbGjLKyr7oiSRLczQ/pGrFksnxZnZSrRYYqjuUWBGCm8nTK2aV/hcoetyF+
5aijdjB0MB0GA1UdDgQWBBREVmWGyAiuYhhRRzabNW5jw6rOtTAfBgNVHSMEGDAW
gBREVmWGyAiuYhhRRzabNW5jw6rOtTAPBgNVHRMBAf8EBTADAQH/MCEGA1UdEQQa
MBiCFmFwcHMuaGVyb25yeS10ZXN0cy5vcmcwCgYIKoZIzj0EAwIDSQAwRgIhANVW
wRHMCEQYBFqmHx33jDaPFLPYEdkcLYbZV97269o5AiEAxWvU59G4QjVfSDyDfR/E
BqRFZo5I2+sLtQOgaleVP7I=
-----END CERTIFICATE-----`

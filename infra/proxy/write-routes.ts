import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { proxyRoutes, proxyUpstreams } from './routes.ts'

/** `npm run proxy:routes` */
writeFileSync(join(import.meta.dirname, 'routes.conf'), proxyRoutes())
writeFileSync(join(import.meta.dirname, 'upstreams.conf'), proxyUpstreams())

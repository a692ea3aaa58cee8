import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { proxyRoutes, proxyUpstreams } from '@heronry/proxy/routes'
import { expect, test } from 'vitest'
import { root } from './planted-tree.ts'

test.each([
  ['routes.conf', proxyRoutes],
  ['upstreams.conf', proxyUpstreams],
])('infra/proxy/%s is what the ownership map says (else: npm run proxy:routes)', (name, expected) => {
  expect(readFileSync(join(root, 'infra/proxy', name), 'utf8')).toBe(expected())
})

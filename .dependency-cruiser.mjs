/**
 * The layers of docs/architecture.md: a package imports only what stands left of it, never a neighbour of its own group.
 * `test/workshop` plants one violation of each kind and expects it to be found.
 */
const layers = [
  ['core'],
  ['telemetry', 'db', 'mst', 'lexicons'],
  ['communities', 'vault', 'events', 'jobs', 'limits'],
  ['identity', 'blobs', 'repo', 'operators'],
  ['accounts'],
  ['auth', 'migration', 'moderation'],
  ['xrpc'],
]

const test = '\\.test\\.ts$|/test/|-type\\.ts$'
const libs = (names) => `^libs/(${names.join('|')})/`

const layerRules = layers.flatMap((names, index) =>
  names.map((name) => ({
    name: `layer-${name}`,
    comment: `libs/${name} imports only what stands left of it`,
    severity: 'error',
    from: { path: libs([name]), pathNot: test },
    to: {
      path: '^(libs|services|apps|launcher|test)/',
      pathNot: [libs([name, ...layers.slice(0, index).flat()])],
    },
  })),
)

const onlyIn = (name, packages, path) => ({
  name: `only-in-${name}`,
  comment: `${name} is known to few`,
  severity: 'error',
  from: { path: '^(libs|services|apps)/', pathNot: [test, '^libs/testing/', ...path] },
  to: { path: packages },
})

export default {
  forbidden: [
    ...layerRules,
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'config-not-in-libs',
      comment: 'a lib is handed its slice',
      severity: 'error',
      from: { path: '^libs/', pathNot: [test, '^libs/config/'] },
      to: { path: '^libs/config/' },
    },
    {
      name: 'config-only-from-main',
      comment: 'a service may know the shape of what main.ts has read',
      severity: 'error',
      from: { path: '^services/', pathNot: [test, '/main\\.ts$'] },
      to: { path: '^libs/config/', pathNot: '/house-config\\.ts$' },
    },
    {
      name: 'testing-only-from-tests',
      severity: 'error',
      from: { path: '^(libs|services|apps)/', pathNot: [test, '^libs/testing/'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'config-imports-core',
      severity: 'error',
      from: { path: '^libs/config/', pathNot: test },
      to: { path: '^(libs|services)/', pathNot: '^libs/(config|core|communities)/' },
    },
    {
      name: 'services-meet-in-standalone-only',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: [test, '^services/standalone/'] },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'apps-ask-over-http',
      comment: 'an app is a client: what it knows of the house is its lexicons and its configuration',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: test },
      to: {
        path: '^(libs|services|apps|launcher|test)/',
        pathNot: '^(apps/$1|libs/(core|telemetry|lexicons|config))/',
      },
    },
    onlyIn('ioredis', 'node_modules/ioredis/', [
      '^libs/(jobs|limits|auth|communities)/',
      '^services/sequencer/',
    ]),
    onlyIn('bullmq', 'node_modules/bullmq/', ['^libs/jobs/']),
    onlyIn('aws-sdk', 'node_modules/@aws-sdk/', ['^libs/blobs/']),
    onlyIn('fastify', 'node_modules/(@fastify|fastify)/', ['^libs/xrpc/', '^services/']),
    onlyIn('pg', 'node_modules/pg/', ['^libs/db/', '^services/sequencer/']),
    {
      name: 'not-resolvable',
      severity: 'error',
      from: { pathNot: '^launcher/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/generated/'] },
    exclude: { path: ['/generated/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}

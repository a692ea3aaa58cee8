import { defineConfig } from 'vitest/config'

/**
 * One run, several projects, on two cores. What starts whole houses (`running`) comes last, when nothing else competes.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'libs', include: ['{libs,bench/src}/**/*.test.ts'] } },
      { extends: true, test: { name: 'services', include: ['services/**/*.test.ts'] } },
      { extends: true, test: { name: 'apps', include: ['apps/**/*.test.ts'] } },
      { extends: true, test: { name: 'workshop', include: ['test/workshop/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'running',
          include: ['test/{house,acceptance}/**/*.test.ts', 'bench/test/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})

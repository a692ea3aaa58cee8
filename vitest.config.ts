import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts'], testTimeout: 30_000 },
})

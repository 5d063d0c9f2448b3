import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// The programs that tests start take half the time when their modules are compiled already.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

const everywhere = ['**/node_modules/**', 'web/build/**', 'web/.svelte-kit/**']

export default defineConfig({
  test: {
    // Two test files run at once, on two cores as well, because many tests mostly wait for servers and processes.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...everywhere, '**/*.int.test.ts'],
          testTimeout: 60_000 + 1_000 * Number(process.env['FUZZ_SECONDS'] ?? 0),
        },
      },
      {
        test: {
          name: 'integration',
          include: ['**/*.int.test.ts'],
          exclude: everywhere,
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['e2e/**/*.e2e.ts'],
          exclude: everywhere,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'

// Tests start the local runtime, which must not look for the network. Their processes inherit this.
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
process.env['WRANGLER_SEND_METRICS'] = 'false'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Types in tests of types only: those of the sources are for `npm run check`.
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], ignoreSourceErrors: true },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

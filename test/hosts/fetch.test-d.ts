import { test } from 'vitest'
import { onFetch } from '../../src/fetch.ts'
import { defineHealth, http } from '../../src/index.ts'

interface Env {
  readonly CATALOG_URL: string
}

const health = defineHealth<Env>({ checks: { catalog: http({ url: (env) => env.CATALOG_URL }) } })

test('the environment of onFetch is the one of its checks, or the variables of a process', () => {
  onFetch(health, { env: process.env })
  onFetch(health, { env: { CATALOG_URL: 'https://catalog.example.com' } })
  onFetch<Env>(health, { env: process.env, basePath: '/health' })
  // @ts-expect-error a number is not a variable
  onFetch(health, { env: { CATALOG_URL: 1 } })
})

import { beforeAll, describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { ROWS, type Size, measureSizes } from './size.ts'

let sizes: readonly Size[]

beforeAll(async () => {
  sizes = await measureSizes()
})

describe('Allclear adds little to Hono and the drivers, in a Worker with', () => {
  test.each(ROWS.map(({ name, most }) => [name, most] as const))('%s', (name, most) => {
    const size = sizes.find((one) => one.name === name)
    expect(size?.own).toBeGreaterThan(0)
    expect(size?.own).toBeLessThanOrEqual(most)
  })
})

test('the smallest Worker stays small', () => {
  expect(sizes[0]?.total).toBeLessThanOrEqual(28_000)
})

test('the deployable Worker stays small', async () => {
  const all = sizes.find(({ name }) => name === 'all kinds')
  expect(all?.total).toBeLessThanOrEqual(130_000)
})

describe('a definition pays for nothing that it does not name:', () => {
  const source = (imports: string, options: string): string => `
    import { onCloudflare } from './src/cloudflare.ts'
    import { defineHealth, ${imports} } from './src/index.ts'
    export const { Cell, Prober, worker } = onCloudflare(defineHealth({ ${options} }))`

  test.each([
    ['neon', '@neondatabase'],
    ['upstash', 'upstash-sync-token'],
    ['node_exporter', 'node_filesystem_'],
  ])('no %s where no check of it is', async (_, trace) => {
    const { code } = await bundle({ source: source('custom', 'checks: { it: custom(async () => {}) }') })
    expect(code).not.toContain(trace)
  })

  test('a format and a reader that no definition names are in no bundle', async () => {
    const plugins = `
      const words = () => ({ name: 'words', options: {}, entries: {},
        formats: [{ name: 'words', render: () => ({ type: 'text/plain', body: 'planted-format' }) }] })
      const hello = () => ({ name: 'hello', options: {}, entries: {},
        readers: [{ path: '/hello', answer: () => ({ body: 'planted-reader' }) }] })`
    const checks = 'checks: { it: custom(async () => {}) }'
    const { code: without } = await bundle({ source: plugins + source('custom', checks) })
    expect(without).not.toMatch(/planted-/)
    const { code: named } = await bundle({
      source: plugins + source('custom', `${checks}, plugins: [words(), hello()]`),
    })
    expect(named).toMatch(/planted-format[^]*planted-reader|planted-reader[^]*planted-format/)
  })
})

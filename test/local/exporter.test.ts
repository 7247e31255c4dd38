import { statfs } from 'node:fs/promises'
import { parse } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startExporter } from '../../src/local/exporter.ts'
import type { LocalExporter } from '../../src/local/exporter.ts'

let exporter: LocalExporter

beforeAll(async () => {
  exporter = await startExporter()
})
afterEach(() => {
  exporter.faults.mend()
  for (const mountpoint of ['/', '/data']) exporter.setUsedPercent(undefined, mountpoint)
})
afterAll(() => exporter.close())

const scrape = async (): Promise<string> => await (await fetch(exporter.url)).text()

/** The value of the sample of a metric for a mount point. */
const bytes = (text: string, family: string, mount: string): number => {
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${family}{`) && one.includes(`mountpoint="${mount}"`))
  return Number(line?.split(' ').at(-1))
}

const usedPercents = (text: string, mount: string): readonly number[] => {
  const size = bytes(text, 'node_filesystem_size_bytes', mount)
  return ['avail', 'free'].map(
    (kind) => 100 - (bytes(text, `node_filesystem_${kind}_bytes`, mount) / size) * 100,
  )
}

test("it tells of this machine's disk", async () => {
  const text = await scrape()
  const { bsize, blocks, bavail } = await statfs(parse(process.cwd()).root)
  expect(bytes(text, 'node_filesystem_size_bytes', '/')).toBe(blocks * bsize)
  // Other processes may write to the disk meanwhile.
  const difference = Math.abs(bytes(text, 'node_filesystem_avail_bytes', '/') - bavail * bsize)
  expect(difference / (blocks * bsize)).toBeLessThan(0.01)
})

test('it writes as node_exporter does', async () => {
  const response = await fetch(exporter.url)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const shape = (await response.text()).replace(/(device|fstype)="[^"]*"/g, '$1="…"')
  expect(shape.replace(/ [-+\d.e]+$/gm, ' N')).toMatchInlineSnapshot(`
    "# HELP node_filesystem_avail_bytes Filesystem space available to non-root users in bytes.
    # TYPE node_filesystem_avail_bytes gauge
    node_filesystem_avail_bytes{device="…",fstype="…",mountpoint="/"} N
    # HELP node_filesystem_free_bytes Filesystem free space in bytes.
    # TYPE node_filesystem_free_bytes gauge
    node_filesystem_free_bytes{device="…",fstype="…",mountpoint="/"} N
    # HELP node_filesystem_readonly Filesystem read-only status.
    # TYPE node_filesystem_readonly gauge
    node_filesystem_readonly{device="…",fstype="…",mountpoint="/"} N
    # HELP node_filesystem_size_bytes Filesystem size in bytes.
    # TYPE node_filesystem_size_bytes gauge
    node_filesystem_size_bytes{device="…",fstype="…",mountpoint="/"} N
    # HELP node_boot_time_seconds Node boot time, in unixtime.
    # TYPE node_boot_time_seconds gauge
    node_boot_time_seconds N
    # HELP node_load1 1m load average.
    # TYPE node_load1 gauge
    node_load1 N
    # HELP node_load5 5m load average.
    # TYPE node_load5 gauge
    node_load5 N
    # HELP node_time_seconds System time in seconds since epoch (1970).
    # TYPE node_time_seconds gauge
    node_time_seconds N
    "
  `)
})

test('it writes large numbers with an exponent of two digits, as Go does', async () => {
  expect(await scrape()).toMatch(/^node_time_seconds \d\.\d+e\+09$/m)
  expect(await scrape()).toMatch(/^node_filesystem_size_bytes\{.*\} \d(\.\d+)?e\+\d\d$/m)
})

test.each([0, 42, 85, 91, 95, 99.5, 100])('a test may fill the disk to %d percent', async (percent) => {
  exporter.setUsedPercent(percent)
  for (const used of usedPercents(await scrape(), '/')) expect(used).toBeCloseTo(percent, 6)
})

test('whole percentages come out exactly, so that thresholds can be tested', async () => {
  exporter.setUsedPercent(85)
  const text = await scrape()
  const size = bytes(text, 'node_filesystem_size_bytes', '/')
  expect(bytes(text, 'node_filesystem_avail_bytes', '/') * 100).toBe(size * 15)
})

test('another mount may be added, and taken away', async () => {
  exporter.setUsedPercent(12, '/data')
  const text = await scrape()
  expect(usedPercents(text, '/data')[0]).toBeCloseTo(12, 6)
  expect(bytes(text, 'node_filesystem_size_bytes', '/')).toBeGreaterThan(0)
  exporter.setUsedPercent(undefined, '/data')
  expect(await scrape()).not.toContain('/data')
})

test('a wrong one leaves the disk out', async () => {
  exporter.faults.set('wrong')
  const text = await scrape()
  expect(text).toContain('node_load1 ')
  expect(text).not.toContain('node_filesystem')
})

test('there is nothing beside /metrics', async () => {
  expect((await fetch(exporter.origin)).status).toBe(404)
})

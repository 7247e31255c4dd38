import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ExporterDiskOptions, type OwnDiskOptions, disk } from '../../src/checks/disk.ts'
import type { DiskUsage, MeasureDisk } from '../../src/core/check.ts'
import { type LocalExporter, startExporter } from '../../src/local/exporter.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { privateWords, probeOf, thrown, verdict } from './verdict.ts'

let exporter: LocalExporter
let service: LocalService

beforeAll(async () => {
  exporter = await startExporter()
  service = await startService()
})
afterEach(() => {
  exporter.setUsedPercent(undefined)
  exporter.faults.mend()
  exporter.faults.resetHits()
  service.respond()
})
afterAll(() => Promise.all([exporter.close(), service.close()]))

const usedUp = async (
  percent: number,
  options: Partial<ExporterDiskOptions<unknown>> = {},
): Promise<string> => {
  exporter.setUsedPercent(percent, options.mount)
  return verdict(disk({ url: exporter.url, ...options }))
}

/** The verdict on a text, given as lines. */
const told = async (
  lines: readonly string[],
  options: Partial<ExporterDiskOptions<unknown>> = {},
): Promise<unknown> => {
  service.respond((_, response) => void response.end(lines.map((line) => `${line}\n`).join('')))
  const check = disk({ url: service.url, degraded: 0, unhealthy: 100, ...options })
  return verdict(check)
}

const size = (labels: string, value: string): string => `node_filesystem_size_bytes{${labels}} ${value}`
const avail = (labels: string, value: string): string => `node_filesystem_avail_bytes{${labels}} ${value}`
const root = 'device="/dev/sda1",fstype="ext4",mountpoint="/"'

describe('a disk', () => {
  test.each([
    [0, 'healthy'],
    [85, 'healthy'],
    [85.5, 'degraded: disk 85% full'],
    [91, 'degraded: disk 91% full'],
    [95, 'degraded: disk 95% full'],
    [95.9, 'unhealthy: disk 95% full'],
    [100, 'unhealthy: disk 100% full'],
  ])('%f %% used is %s', async (percent, found) => {
    expect(await usedUp(percent)).toBe(found)
  })

  test.each([
    [70, { degraded: 70, unhealthy: 80 }, 'healthy'],
    [75, { degraded: 70, unhealthy: 80 }, 'degraded: disk 75% full'],
    [80, { degraded: 70, unhealthy: 80 }, 'degraded: disk 80% full'],
    [81, { degraded: 70, unhealthy: 80 }, 'unhealthy: disk 81% full'],
    [50, { unhealthy: 50 }, 'healthy'],
    [51, { unhealthy: 50 }, 'unhealthy: disk 51% full'],
    [96, { degraded: 100, unhealthy: 100 }, 'healthy'],
  ])('%f %% used is, under %j, %s', async (percent, options, found) => {
    expect(await usedUp(percent, options)).toBe(found)
  })

  test('that is as full as a threshold is not above it, whichever it is', async () => {
    for (let percent = 0; percent <= 100; percent += 1) {
      const lines = [size(root, '100'), avail(root, String(100 - percent))]
      expect(await told(lines, { degraded: percent, unhealthy: percent })).toBe('healthy')
    }
  })

  test('is told of with its percentage, also when it is healthy', async () => {
    exporter.setUsedPercent(12.5)
    expect(await probeOf(disk({ url: exporter.url }))).toEqual({
      status: 'healthy',
      observed: { value: expect.closeTo(12.5, 5), unit: 'percent' },
    })
  })

  test('really is this one', async () => {
    const outcome = await probeOf(disk({ url: exporter.url }))
    expect(outcome).toMatchObject({ observed: { value: expect.any(Number), unit: 'percent' } })
  })
})

describe('a mount point', () => {
  test.each([
    ['/var/lib/postgresql'],
    ['/with "quotes"'],
    ['C:\\'],
    ['/a\nb'],
    ['/a,mountpoint="/"'],
    ['/{a} 1'],
  ])('%j is found', async (mount) => {
    exporter.setUsedPercent(1, '/')
    expect(await usedUp(91, { mount })).toBe('degraded: disk 91% full')
    exporter.setUsedPercent(undefined, mount)
  })

  test('that is missing is no healthy disk, and the private words name it', async () => {
    const check = disk({ url: exporter.url, mount: '/nowhere' })
    expect(await verdict(check)).toBe('unhealthy: unexpected body')
    expect(await privateWords(check)).toContain('"/nowhere"')
  })

  test.each([
    [
      'with labels in any order',
      [size('mountpoint="/",device="a"', '100'), avail('device="a",mountpoint="/"', '25')],
    ],
    ['in either order', [avail(root, '25'), size(root, '100')]],
    ['with exponents', [size(root, '1.00e+11'), avail(root, '2.5E10')]],
    ['with a timestamp', [`${size(root, '100')} 1700000000000`, avail(root, '25')]],
    [
      'among others',
      [
        size('mountpoint="/boot"', '100'),
        size(root, '100'),
        avail(root, '25'),
        avail('mountpoint="/boot"', '1'),
      ],
    ],
    [
      'in noise',
      [
        '# HELP x y',
        '',
        '}{',
        size(root, '100'),
        'node_filesystem_size_bytes{mountpoint="/"',
        avail(root, '25'),
      ],
    ],
    ['beside its relatives', [size(root, '100'), avail(root, '25'), `node_filesystem_free_bytes{${root}} 1`]],
  ])('is read %s', async (_, lines) => {
    expect(await told(lines)).toBe('degraded: disk 75% full')
  })

  test('that several filesystems share is as full as the fullest', async () => {
    const on = (device: string): string => `device="${device}",mountpoint="/"`
    const lines = (devices: readonly string[]): readonly string[] => [
      ...devices.map((device) => avail(on(device), device)),
      ...devices.map((device) => size(on(device), '100')),
    ]
    expect(await told(lines(['50', '9', '70']))).toBe('degraded: disk 91% full')
    expect(await told(lines(['9', '50', '70']))).toBe('degraded: disk 91% full')
  })

  test('that ran into what is kept for the superuser is full', async () => {
    expect(await told([size(root, '100'), avail(root, '-5')], { unhealthy: 95 })).toBe(
      'unhealthy: disk 100% full',
    )
  })
})

describe('numbers that make no sense are no healthy disk:', () => {
  test.each([
    ['no text', []],
    ['HTML', ['<html>']],
    ['a size of 0', [size(root, '0'), avail(root, '0')]],
    ['a size below 0', [size(root, '-1'), avail(root, '-2')]],
    ['a size that is NaN', [size(root, 'NaN'), avail(root, '1')]],
    ['a size without end', [size(root, '+Inf'), avail(root, '1')]],
    ['free space that is NaN', [size(root, '100'), avail(root, 'NaN')]],
    ['endless free space', [size(root, '100'), avail(root, '+Inf')]],
    ['less than no free space', [size(root, '100'), avail(root, '-Inf')]],
    ['more free than there is', [size(root, '100'), avail(root, '101')]],
    ['no size', [avail(root, '1')]],
    ['no free space', [size(root, '100')]],
    [
      'size and free space of two filesystems',
      [size('device="a",mountpoint="/"', '100'), avail('device="b",mountpoint="/"', '90')],
    ],
    [
      'one filesystem of two',
      [size(root, '100'), avail(root, '90'), size('device="b",mountpoint="/"', '100')],
    ],
    ['another mount point', [size('mountpoint="/a"', '100'), avail('mountpoint="/a"', '90')]],
    ['no mount point', ['node_filesystem_size_bytes 100', 'node_filesystem_avail_bytes 90']],
    ['other metrics', [size(root, '100').replace('size', 'files'), avail(root, '90')]],
  ])('%s', async (_, lines) => {
    expect(await told(lines)).toBe('unhealthy: unexpected body')
  })

  test('a number that broke off with the text', async () => {
    service.respond((_, response) => void response.end(`${size(root, '100')}\n${avail(root, '9')}`))
    expect(await verdict(disk({ url: service.url }))).toBe('unhealthy: unexpected body')
  })
})

describe('the exporter', () => {
  test.each([
    ['down', 'unhealthy: connection failed'],
    ['wrong', 'unhealthy: unexpected body'],
  ] as const)('that is %s is asked once and found %s', async (mode, found) => {
    exporter.faults.set(mode)
    expect(await verdict(disk({ url: exporter.url }))).toBe(found)
    expect(exporter.faults.hits()).toBe(1)
  })

  test.each([204, 301, 404, 503])('that answers %i is not believed', async (status) => {
    service.respond((_, response) => {
      response
        .writeHead(status, { location: exporter.url })
        .end(`${size(root, '100')}\n${avail(root, '90')}\n`)
    })
    expect(await verdict(disk({ url: service.url }))).toBe(`unhealthy: http ${status}`)
    expect(exporter.faults.hits()).toBe(0)
  })

  test('is given the credentials of its URL', async () => {
    await verdict(disk({ url: exporter.url.replace('//', '//user:pass@') }))
    expect(exporter.faults.last()?.headers).toMatchObject({
      authorization: `Basic ${btoa('user:pass')}`,
      'user-agent': 'allclear',
    })
  })

  test('may write lines in pieces', async () => {
    const text = Buffer.from(`# é\n${size(root, '100')}\n${avail(root, '25')}\n`)
    service.respond((_, response) => {
      const piece = (at: number): void => {
        if (at >= text.length) response.end()
        else response.write(text.subarray(at, at + 7), () => piece(at + 7))
      }
      piece(0)
    })
    expect(await verdict(disk({ url: service.url, degraded: 0 }))).toBe('degraded: disk 75% full')
  })

  test.each([
    ['lines', `${'x'.repeat(1023)}\n`],
    ['one line', 'x'.repeat(1024)],
  ])('is not read past 4 MiB of %s', async (_, kilobyte) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    service.respond((_request, response) => {
      const pour = (): void => void (response.destroyed || response.write(kilobyte.repeat(64), pour))
      response.once('close', resolve)
      response.write(`${size(root, '100')}\n${avail(root, '90')}\n`, pour)
    })
    expect(await verdict(disk({ url: service.url }))).toBe('unhealthy: unexpected body')
    await closed
  })
})

describe('misconfigured is', () => {
  test.each([
    ['a URL that env lacks', undefined],
    ['a URL that is none', 'db1/metrics'],
    ['a URL of another protocol', 'file:///metrics'],
  ])('%s', async (_, url) => {
    expect(await verdict(disk({ url: () => url as string }))).toBe('unhealthy: misconfigured')
  })

  test('and says nothing of the value', async () => {
    expect(await privateWords(disk({ url: () => 'ftp://user:hush-9f2c@db1/' }))).not.toContain('hush-9f2c')
  })
})

describe('a disk of the machine itself', () => {
  const GIB = 2 ** 30

  /** The verdict on a disk of this size with this much free space. */
  const own = (
    { size, available }: DiskUsage,
    options: Partial<OwnDiskOptions<unknown>> = {},
  ): Promise<string> => {
    const diskUsage: MeasureDisk = async () => ({ size, available })
    return verdict(disk({ path: '/data', ...options }), {}, { machine: { diskUsage } })
  }
  const used = (percent: number): DiskUsage => ({ size: 100 * GIB, available: (100 - percent) * GIB })

  test.each([
    [0, {}, 'healthy'],
    [85, {}, 'healthy'],
    [85.5, {}, 'degraded: disk 85% full'],
    [95, {}, 'degraded: disk 95% full'],
    [95.9, {}, 'unhealthy: disk 95% full'],
    [100, {}, 'unhealthy: disk 100% full'],
    [75, { degraded: 70, unhealthy: 80 }, 'degraded: disk 75% full'],
    [51, { unhealthy: 50 }, 'unhealthy: disk 51% full'],
  ])('%f %% used is, under %j, %s', async (percent, options, found) => {
    expect(await own(used(percent), options)).toBe(found)
  })

  test('is measured at its path, and its percentage is told', async () => {
    const check = disk({ path: ({ DATA }: { DATA: string }) => DATA })
    const diskUsage = vi.fn<MeasureDisk>(async () => used(12.5))
    expect(await probeOf(check, { DATA: '/data' }, { machine: { diskUsage } })).toEqual({
      status: 'healthy',
      observed: { value: 12.5, unit: 'percent' },
    })
    expect(diskUsage.mock.calls).toEqual([['/data']])
  })

  test('that ran into what is kept for the superuser is full', async () => {
    expect(await own({ size: GIB, available: -1 })).toBe('unhealthy: disk 100% full')
  })

  test.each([
    ['no size', { size: 0, available: 0 }],
    ['more free than there is', { size: 1, available: 2 }],
    ['no numbers', { size: NaN, available: NaN }],
  ])('with %s is no healthy disk', async (_, usage) => {
    expect(await own(usage)).toBe('unhealthy: error')
  })

  test('that cannot be measured says why to a bearer', async () => {
    const lost = new Error('ENOENT: no such file or directory, statfs /data')
    const diskUsage: MeasureDisk = () => Promise.reject(lost)
    expect(await thrown(probeOf(disk({ path: '/data' }), {}, { machine: { diskUsage } }))).toBe(lost)
  })

  test('is misconfigured where the host has none, and the private words say so', async () => {
    const check = disk({ path: '/data' })
    expect(await verdict(check, {}, { machine: {} })).toBe('unhealthy: misconfigured')
    expect(await privateWords(check, {}, {})).toBe(
      'path: there is no disk where this runs; give the url of an exporter',
    )
  })

  test('is unknown where lost disks keep it from being asked', async () => {
    const machine = { diskUsage: async () => undefined }
    expect(await verdict(disk({ path: '/data' }), {}, { machine })).toBe('unknown: not run yet')
  })

  test('is misconfigured where env lacks its path', async () => {
    expect(await own(used(1), { path: () => undefined as never })).toBe('unhealthy: misconfigured')
  })
})

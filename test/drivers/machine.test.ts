import { execFileSync } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { nodeMachine } from '../../src/drivers/machine.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<{ readonly statfs: typeof statfs }>()
  return { ...real, statfs: vi.fn(real.statfs) }
})
afterEach(() => void vi.mocked(statfs).mockClear())

const diskUsage = nodeMachine.diskUsage!

/** The size and free space of the mount point `/`. POSIX has blocks of 1024 bytes. */
function df(): { readonly size: number; readonly available: number } {
  const [, line = ''] = execFileSync('df', ['-kP', '/'], { encoding: 'utf8' }).split('\n')
  const [, size, , available] = line.split(/\s+/)
  return { size: Number(size) * 1024, available: Number(available) * 1024 }
}

test('it tells what df tells', async () => {
  const [{ size, available }, told] = [(await diskUsage('/'))!, df()]
  expect(size).toBe(told.size)
  // Other processes write, too.
  expect(Math.abs(available - told.available)).toBeLessThan(told.size / 20)
})

test('a path that leads nowhere is an error', async () => {
  await expect(diskUsage('/no/such/path')).rejects.toThrow('ENOENT')
  await expect(diskUsage('/no/such/path')).rejects.toThrow('ENOENT')
  expect(statfs).toHaveBeenCalledTimes(2)
})

test('lost filesystems keep two threads and no more, and what they keep from being asked is told', async () => {
  const lost = Promise.withResolvers<never>()
  for (let n = 0; n < 2; n += 1) vi.mocked(statfs).mockReturnValueOnce(lost.promise as never)
  const asked = ['/lost/1', '/lost/2'].map((path) => diskUsage(path))
  expect(await Promise.all([diskUsage('/'), diskUsage('/tmp'), diskUsage('/lost/3')])).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(statfs).toHaveBeenCalledTimes(2)
  lost.reject(new Error('EIO'))
  for (const one of await Promise.allSettled(asked)) expect(one.status).toBe('rejected')
  expect(await diskUsage('/')).toBeDefined()
})

test('many disks that are well wait for each other, and all are measured', async () => {
  const all = await Promise.all(['/', '/tmp', '/etc', '/usr', '/var', '/bin'].map((path) => diskUsage(path)))
  expect(all.every((one) => one !== undefined)).toBe(true)
})

test('a filesystem that does not answer keeps one thread and no more, and others are measured', async () => {
  const lost = Promise.withResolvers<never>()
  vi.mocked(statfs).mockReturnValueOnce(lost.promise as never)
  const asked = [diskUsage('/lost'), diskUsage('/lost'), diskUsage('/lost')]
  await diskUsage('/')
  expect(vi.mocked(statfs).mock.calls).toEqual([['/lost'], ['/']])
  lost.reject(new Error('EIO'))
  for (const one of await Promise.allSettled(asked)) expect(one.status).toBe('rejected')
  await diskUsage('/')
  expect(statfs).toHaveBeenCalledTimes(3)
})

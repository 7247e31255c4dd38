import { Console } from 'node:console'
import { expect, test, vi } from 'vitest'
import { complain } from '../../src/cli/exit.ts'
import { progress } from '../../src/cli/progress.ts'
import { type Screen, sceneOf, screen } from './scene.ts'

/** The lines that a terminal shows after these writes. */
function shownBy({ text }: Screen): string[] {
  return text()
    .split('\n')
    .map((line) => line.split('\r\u001b[K').at(-1) ?? '')
}

const terminal = (): Screen => screen({ columns: 40 })

test.each<[string, (written: Screen) => void, string[]]>([
  [
    'a warning',
    (stderr) => complain(sceneOf({ stderr }).io, 'the store is away'),
    ['allclear: the store is away'],
  ],
  ['a log', (stderr) => new Console(stderr, stderr).log('dialling'), ['dialling']],
  ['two lines', (stderr) => void stderr.write('one\ntwo\n'), ['one', 'two']],
  ['bytes', (stderr) => void (stderr as NodeJS.WritableStream).write(Buffer.from('raw\n')), ['raw']],
  ['nothing', (stderr) => void stderr.write(''), []],
])('%s goes above the line', (_, write, lines) => {
  const stderr = terminal()
  const { say, end } = progress({ stdout: screen(), stderr })
  say('0 of 3 checked')
  write(stderr)
  expect(shownBy(stderr)).toEqual([...lines, '0 of 3 checked'])
  say('1 of 3 checked')
  end()
  write(stderr)
  expect(shownBy(stderr)).toEqual([...lines, ...lines, ''])
})

test('half a line stays, and the progress goes under it', () => {
  const stderr = terminal()
  const { say, end } = progress({ stdout: screen(), stderr })
  say('0 of 3 checked')
  stderr.write('half')
  stderr.write(' and half')
  say('1 of 3 checked')
  expect(shownBy(stderr)).toEqual(['half and half', '1 of 3 checked'])
  stderr.write('half')
  end()
  expect(shownBy(stderr)).toEqual(['half and half', 'half', ''])
})

test('standard output goes above it too where it is the same terminal', () => {
  const both = terminal()
  const { say } = progress({ stdout: both, stderr: both })
  say('0 of 3 checked')
  both.write('printed by a check\n')
  expect(shownBy(both)).toEqual(['printed by a check', '0 of 3 checked'])
})

test('a pipe keeps its own write', () => {
  const [stdout, stderr] = [screen(), terminal()]
  progress({ stdout, stderr }).say('0 of 3 checked')
  stdout.write('{}')
  expect([stdout.text(), shownBy(stderr)]).toEqual(['{}', ['0 of 3 checked']])
})

test('a terminal that does not know its size shows the whole line', () => {
  const stderr = screen({ columns: 0 })
  progress({ stdout: screen(), stderr }).say('0 of 3 checked')
  expect(shownBy(stderr)).toEqual(['0 of 3 checked'])
})

test('a check that ends after the report says no more', () => {
  const stderr = terminal()
  const { say, end } = progress({ stdout: screen(), stderr })
  say('0 of 1 checked')
  end()
  stderr.write('shop is unhealthy')
  say('1 of 1 checked')
  expect(shownBy(stderr)).toEqual(['shop is unhealthy'])
})

test('a fault that comes while a command waits has a line of its own', async () => {
  const stderr = screen({ columns: 80 })
  const { io, allclear, interrupt } = sceneOf({ stderr })
  const ended = allclear('check', '--config', 'hanging.config.ts')
  await vi.waitFor(() => expect(stderr.text()).toContain('waiting for hanging'))
  complain(io, 'late')
  interrupt()
  expect(await ended).toBe(130)
  expect(shownBy(stderr)).toEqual(['allclear: late', ''])
})

import { describe, expect, test } from 'vitest'
import { parseSample } from '../../src/checks/prometheus-text.ts'

function read(line: string): unknown {
  const sample = parseSample(line)
  return sample && [sample.name, Object.fromEntries(sample.labels), sample.value]
}

describe('a sample', () => {
  test.each([
    ['up 1', ['up', {}, 1]],
    ['up\t1', ['up', {}, 1]],
    ['  up   1  ', ['up', {}, 1]],
    ['up 1\r', ['up', {}, 1]],
    ['up{} 1', ['up', {}, 1]],
    ['up{}1', ['up', {}, 1]],
    ['job:up:sum 1', ['job:up:sum', {}, 1]],
    ['up{a="b"} 1', ['up', { a: 'b' }, 1]],
    ['up{a="b",} 1', ['up', { a: 'b' }, 1]],
    ['up { a = "b" , c = "d" , } 1', ['up', { a: 'b', c: 'd' }, 1]],
    ['up{c="d",a="b"} 1', ['up', { c: 'd', a: 'b' }, 1]],
    ['up{a=""} 1', ['up', { a: '' }, 1]],
    ['up{a="b"} 1 1700000000000', ['up', { a: 'b' }, 1]],
    ['up{a="b"} 1 -5', ['up', { a: 'b' }, 1]],
  ])('%j', (line, sample) => {
    expect(read(line)).toEqual(sample)
  })
})

describe('the value of a label may hold', () => {
  test.each([
    ['a comma', String.raw`/a,b`, '/a,b'],
    ['an equals sign', String.raw`/a="b`.replace('"', String.raw`\"`), '/a="b'],
    ['braces', String.raw`/{a}`, '/{a}'],
    ['a brace and a number', String.raw`/} 1`, '/} 1'],
    ['spaces', String.raw` / a `, ' / a '],
    ['a number sign', String.raw`/#`, '/#'],
    ['an escaped quote', String.raw`/\"`, '/"'],
    ['an escaped backslash', String.raw`C:\\`, 'C:\\'],
    ['an escaped line feed', String.raw`/a\nb`, '/a\nb'],
    ['a backslash before an n', String.raw`/a\\nb`, '/a\\nb'],
    ['a backslash before a quote', String.raw`/\\\"`, '/\\"'],
    ['an escape that is none', String.raw`/\t`, '/\\t'],
    ['what looks like labels', String.raw`/\",mountpoint=\"/`, '/",mountpoint="/'],
    ['letters of the world', '/données/🦊', '/données/🦊'],
  ])('%s', (_, written, meant) => {
    expect(read(`up{a="${written}",b="c"} 1`)).toEqual(['up', { a: meant, b: 'c' }, 1])
  })
})

describe('a value is', () => {
  test.each([
    ['0', 0],
    ['-1.5', -1.5],
    ['+3', 3],
    ['.5', 0.5],
    ['5.', 5],
    ['5.26315008e+10', 52631500800],
    ['1E-3', 0.001],
    ['NaN', NaN],
    ['nan', NaN],
    ['+Inf', Infinity],
    ['Inf', Infinity],
    ['-Inf', -Infinity],
    ['-infinity', -Infinity],
  ])('%s', (text, value) => {
    expect(read(`up{a="b"} ${text}`)).toEqual(['up', { a: 'b' }, value])
  })
})

describe('no sample is', () => {
  test.each([
    [''],
    ['   '],
    ['# HELP up Whether it is up.'],
    ['# TYPE up gauge'],
    ['up'],
    ['up{'],
    ['up{a'],
    ['up{a="b'],
    ['up{a="b"'],
    ['up{a="b"}'],
    [String.raw`up{a="b\"} 1`],
    ['up{a=b} 1'],
    ['up{a="b" c="d"} 1'],
    ['up{,} 1'],
    ['up{a="b",,} 1'],
    ['up{0a="b"} 1'],
    ['up-1'],
    ['up1'],
    ['0up 1'],
    ['up one'],
    ['up 0x10'],
    ['up 1_000'],
    ['up 1e'],
    ['up .'],
    ['up 1 now'],
    ['up 1 2 3'],
    ['<html>up 1</html>'],
  ])('%j', (line) => {
    expect(read(line)).toBeUndefined()
  })
})

test('a line as long as the cap is read in time that grows with its length, not with its square', () => {
  const long = '1'.repeat(1024 * 1024)
  for (const line of [`up ${long}x`, `up{a="${long}`, `up{a="/"}${' '.repeat(long.length)}x y`]) {
    expect(read(line)).toBeUndefined()
  }
})

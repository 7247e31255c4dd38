import { compareDecimals, decimal } from '../../src/checks/decimal.ts'
import { describe, expect, test } from 'vitest'
import {
  type Json,
  atPath,
  compareNumbers,
  isJson,
  isSameJson,
  parseJson,
  parsePath,
} from '../../src/checks/json.ts'

const body: unknown = JSON.parse(String.raw`{
  "queue": { "lag": 3, "empty": null, "off": false, "none": 0, "name": "" },
  "items": [{ "state": "ready" }, [["deep"]]],
  "2": "two",
  "$a": "dollar",
  "with space": "spaced",
  "ключ": "key",
  "core.queue.in": 7, "it's": "single", "\"": "double", "\\": "backslash", "\n/🦊": "odd", "": "empty",
  "__proto__": { "own": true }
}`)

const at = (path: string): unknown => atPath(body, parsePath(path) ?? ['no path'])

describe('a path leads to', () => {
  test.each([
    ['queue.lag', 3],
    ['$.queue.lag', 3],
    ['items[0].state', 'ready'],
    ['$.items[0].state', 'ready'],
    ["$['queue']['lag']", 3],
    ['$["queue"].lag', 3],
    ['["queue"].lag', 3],
    ["$['core.queue.in']", 7],
    ["['core.queue.in']", 7],
    ["$ .queue [ 'lag' ]", 3],
    ['items[-2].state', 'ready'],
    ['items[-1][-1][0]', 'deep'],
    ["$['it\\'s']", 'single'],
    [`$["it's"]`, 'single'],
    [`$['"']`, 'double'],
    [String.raw`$["\""]`, 'double'],
    [String.raw`$['\\']`, 'backslash'],
    [String.raw`$["\n\/\uD83E\uDD8A"]`, 'odd'],
    [String.raw`$['\u000a/🦊']`, 'odd'],
    ["$['']", 'empty'],
    ['items[1][0][0]', 'deep'],
    ['queue.empty', null],
    ['queue.off', false],
    ['queue.none', 0],
    ['queue.name', ''],
    ["['2']", 'two'],
    ["$['$a']", 'dollar'],
    ["['with space']", 'spaced'],
    ['ключ', 'key'],
    ['__proto__.own', true],
    ['$', body],
  ])('%s', (path, value) => {
    expect(at(path)).toEqual(value)
  })

  test('the whole of a list', () => {
    expect(atPath(['a', 'b'], parsePath('$[1]') ?? [])).toBe('b')
  })
})

describe('a path leads nowhere:', () => {
  test.each([
    ['queue.lags'],
    ['queue.lag.more'],
    ['queue.empty.more'],
    ['queue.name.length'],
    ['items.length'],
    ['items[2]'],
    ['items[-3]'],
    ["items['0']"],
    ['queue[0]'],
    ['items.state'],
    ['[2]'],
    ['constructor'],
    ['constructor.name'],
    ['queue.constructor'],
    ['queue.__proto__'],
    ['queue.toString'],
    ['items.map'],
  ])('%s', (path) => {
    expect(at(path)).toBeUndefined()
  })

  test.each([[null], [7], ['text'], [undefined]])('anything in %j', (json) => {
    expect(atPath(json, ['length'])).toBeUndefined()
  })
})

describe('no path is', () => {
  test.each([
    [''],
    ['.'],
    ['a.'],
    ['.a'],
    ['a..b'],
    ['$..a'],
    ['$.'],
    ['a[]'],
    ['a[x]'],
    ['a[-0]'],
    ['a[01]'],
    ['a[9007199254740992]'],
    ['items.0.state'],
    ['items.-1'],
    ['2'],
    ['$a'],
    ['with space'],
    ['a-b'],
    [' a'],
    ['a '],
    ['a. b'],
    ['$ '],
    ['$[*]'],
    ['$.*'],
    ['$[0,1]'],
    ['$[0:1]'],
    ['$[?@.a]'],
    ["$['a"],
    ['$[\'a"]'],
    [String.raw`$["\'"]`],
    [String.raw`$['\"']`],
    [String.raw`$["\x41"]`],
    [String.raw`$["\uD83E"]`],
    ['$["\n"]'],
    ['@.a'],
    ['a[0'],
    ['a]'],
    ['a[0]b'],
  ])('%j', (text) => {
    expect(parsePath(text)).toBeUndefined()
  })
})

describe('two JSON values are the same', () => {
  test.each([
    ['a', 'a'],
    [null, null],
    [[], []],
    [{}, {}],
    [
      { a: 1, b: [1, { c: null }] },
      { b: [1, { c: null }], a: 1 },
    ],
  ])('%j and %j', (a, b) => {
    expect(isSameJson(parseJson(JSON.stringify(a)), b as Json)).toBe(true)
  })

  test.each([
    [1, '1'],
    [0, false],
    [0, null],
    ['', null],
    [null, {}],
    [[], {}],
    [{}, []],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { b: 1 }],
    [{ toString: 1 }, { b: 1 }],
    [{ a: { b: 1 } }, { a: { b: 2 } }],
  ])('but not %j and %j', (a, b) => {
    expect(isSameJson(parseJson(JSON.stringify(a)), b as Json)).toBe(false)
  })
})

describe('numbers are compared as they are written:', () => {
  test.each<[string, number | bigint, number]>([
    ['1', 1, 0],
    ['1.0', 1, 0],
    ['1e2', 100, 0],
    ['1E+2', 100, 0],
    ['100e-2', 1, 0],
    ['-0', 0, 0],
    ['0.0e5', 0, 0],
    ['0.1', 0.1, 0],
    ['0.10000000000000001', 0.1, 1],
    ['9007199254740993', 9007199254740992, 1],
    ['9007199254740993', 9007199254740993n, 0],
    ['12345678901234567891', 12345678901234567890n, 1],
    ['12345678901234567890', 12345678901234567890n, 0],
    ['1.2345678901234567890e19', 12345678901234567890n, 0],
    ['1e21', 1e21, 0],
    ['1e400', Number.MAX_VALUE, 1],
    ['-1e400', 0, -1],
    ['1e-400', 0, 1],
    ['2', 10, -1],
    ['-2', -10, 1],
    ['-1', 1, -1],
    ['0.09', 0.1, -1],
    ['12', 120, -1],
    ['0.00012', 1.2e-4, 0],
    ['5e-7', 5e-7, 0],
  ])('%s to %s is %i', (written, expected, sign) => {
    expect(Math.sign(compareNumbers(parseJson(written), expected))).toBe(sign)
    expect(isSameJson(parseJson(`[{"a":${written}}]`), [{ a: expected }])).toBe(sign === 0)
  })

  test.each(['"1"', 'null', 'true', '[1]', '{"1":1}'])('%s is no number', (written) => {
    expect(compareNumbers(parseJson(written), 1)).toBeNaN()
    expect(isSameJson(parseJson(written), 1)).toBe(false)
  })
})

describe('JSON is', () => {
  test.each([[null], [0], [2 ** 53], [''], [[]], [{ a: [{ b: 'c' }] }], [[[[true]]]], [Object.create(null)]])(
    '%j',
    (value) => {
      expect(isJson(value)).toBe(true)
    },
  )

  const cycle: unknown[] = []
  cycle.push(cycle)
  test.each([
    ['undefined', undefined],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['a function', () => 1],
    ['a Date', new Date(0)],
    ['a Map', new Map([[1, 2]])],
    ['a RegExp', { a: /b/ }],
    ['an undefined property', { a: undefined }],
    ['a cycle', cycle],
  ])('not %s', (_, value) => {
    expect(isJson(value)).toBe(false)
  })
})

test('a number of endless zeros is compared in time linear in its length', () => {
  const zeros = '0'.repeat(60_000)
  const before = process.cpuUsage()
  expect(compareDecimals(decimal(`1${zeros}1`), decimal(`1${zeros}2`))).toBeLessThan(0)
  // A pattern that looks for the zeros at the end takes seconds here.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(500)
})

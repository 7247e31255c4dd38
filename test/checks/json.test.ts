import { describe, expect, test } from 'vitest'
import { atPath, isJson, isSameJson, parsePath } from '../../src/checks/json.ts'

const body: unknown = JSON.parse(`{
  "queue": { "lag": 3, "empty": null, "off": false, "none": 0, "name": "" },
  "items": [{ "state": "ready" }, [["deep"]]],
  "2": "two",
  "$a": "dollar",
  "with space": "spaced",
  "ключ": "key",
  "__proto__": { "own": true }
}`)

const at = (path: string): unknown => atPath(body, parsePath(path) ?? ['no path'])

describe('a path leads to', () => {
  test.each([
    ['queue.lag', 3],
    ['$.queue.lag', 3],
    ['items[0].state', 'ready'],
    ['$.items[0].state', 'ready'],
    ['items.0.state', 'ready'],
    ['items[1][0][0]', 'deep'],
    ['queue.empty', null],
    ['queue.off', false],
    ['queue.none', 0],
    ['queue.name', ''],
    ['2', 'two'],
    ['$a', 'dollar'],
    ['with space', 'spaced'],
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
    ['items[00]x'],
    ['items.-1'],
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
    ['a[-1]'],
    ['a[0'],
    ['a]'],
    ['a[0]b'],
  ])('%j', (text) => {
    expect(parsePath(text)).toBeUndefined()
  })
})

describe('two JSON values are the same', () => {
  test.each([
    [1, 1],
    [0, -0],
    ['a', 'a'],
    [null, null],
    [[], []],
    [{}, {}],
    [
      { a: 1, b: [1, { c: null }] },
      { b: [1, { c: null }], a: 1 },
    ],
  ])('%j and %j', (a, b) => {
    expect(isSameJson(a, b)).toBe(true)
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
    expect(isSameJson(a, b)).toBe(false)
  })
})

describe('JSON is', () => {
  test.each([[null], [0], [''], [[]], [{ a: [{ b: 'c' }] }], [[[[true]]]], [Object.create(null)]])(
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
    ['a bigint', 1n],
    ['a Map', new Map([[1, 2]])],
    ['a RegExp', { a: /b/ }],
    ['an undefined property', { a: undefined }],
    ['a cycle', cycle],
  ])('not %s', (_, value) => {
    expect(isJson(value)).toBe(false)
  })
})

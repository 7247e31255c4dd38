import { describe, expect, test } from 'vitest'
import { clean, cut, pad, width, wrap, visibleJson } from '../../src/cli/text.ts'

describe('clean', () => {
  test.each([
    ['plain text', 'disk 91% full', 'disk 91% full'],
    ['colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a cleared screen', '\u001b[2J\u001b[Hgone', 'gone'],
    ['a window title', '\u001b]0;pwned\u0007fine', 'fine'],
    ['a link', '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007', 'click'],
    ['an eight-bit sequence', '\u009b31mred', 'red'],
    ['half a sequence', 'cut \u001b', 'cut'],
    ['a sequence in a sequence', '\u001b\u001b[2K[2K', '[2K'],
    ['line breaks', 'one\r\ntwo\u2028three\u0085four', 'one two three four'],
    ['a backspace', 'healthy\b\b\b\b\b\b\bun', 'healthy un'],
    ['bidirectional overrides', 'a\u202egnorw\u202cb\u2066c', 'a gnorw b c'],
    ['invisible characters', 'a\u200bb\ufeffc\u{e0041}d', 'a b c d'],
    ['half a character', 'a\ud83db', 'a b'],
    ['marks in a pile', `e${'\u0301'.repeat(50)}`, `e${'\u0301'.repeat(4)}`],
    ['blanks', '  a   b ', 'a b'],
    ['nothing', '', ''],
  ])('%s', (_, text, cleaned) => {
    expect(clean(text)).toBe(cleaned)
  })

  test('bounds the length', () => {
    expect(clean('x'.repeat(1000))).toBe(`${'x'.repeat(299)}…`)
    expect(clean('\u001b[31m'.repeat(1_000_000))).toBe('')
    expect(clean('数'.repeat(1000))).toBe(`${'数'.repeat(149)}…`)
    expect(clean(`${'x'.repeat(298)}🟢🟢`)).toBe(`${'x'.repeat(298)}…`)
  })
})

test.each([
  ['postgres', 8],
  ['', 0],
  ['naïve', 5],
  ['nai\u0308ve', 5],
  ['数据库', 6],
  ['カタログ', 8],
  ['ｶﾀﾛｸ', 4],
  ['검사', 4],
  ['ＡＢ', 4],
  ['🟢 ok', 5],
  ['👩‍👩‍👧‍👦', 2],
  ['☀️', 2],
  ['☀', 1],
  ['ｶﾞ', 2],
  ['㈱', 2],
  ['👍🏽', 2],
])('%j takes %i columns', (text, columns) => {
  expect(width(text)).toBe(columns)
})

test('pad and cut count columns, and keep characters whole', () => {
  expect(pad('数据', 6)).toBe('数据  ')
  expect(pad('long enough', 4)).toBe('long enough')
  expect(cut('数据库', 6)).toBe('数据库')
  expect(cut('数据库', 5)).toBe('数据…')
  expect(cut('数据库', 4)).toBe('数…')
  expect(cut('👩‍👩‍👧‍👦 family', 4)).toBe('👩‍👩‍👧‍👦 …')
})

test.each([
  ['fits', 20, ['fits']],
  ['one two three', 7, ['one two', 'three']],
  ['a verylongword', 5, ['a ver', 'ylong', 'word']],
  ['one verylong', 8, ['one', 'verylong']],
  ['数据库连接', 4, ['数据', '库连', '接']],
  ['数据', 1, ['数', '据']],
  ['', 5, []],
])('wrap breaks %j in %i columns', (text, columns, lines) => {
  expect(wrap(text, columns)).toEqual(lines)
})

test.each([
  ['one word', 'x', 300_000],
  ['many words', 'to be ', 50_000],
  ['wide characters', '数', 100_000],
  ['marks on one character', '\u0301', 150_000],
])('wrap breaks 300 kB of %s', (_, piece, times) => {
  const lines = wrap(piece.repeat(times), 80)
  expect(lines.join(' ').replaceAll(' ', '')).toBe(piece.repeat(times).replaceAll(' ', ''))
  expect(lines.every((line) => width(line) <= 80)).toBe(true)
})

test('JSON shows no invisible character, and stays the same value', () => {
  const value = { 'a\u202eb': ['\u2066', '\u0085\u009b\u007f', '\u200d\u{e0041}', '\ufeff\u2028', 'ä語\n'] }
  for (const indent of [0, 2]) {
    const json = visibleJson(value, indent)
    expect(json).toMatch(/^[\n\u0020-\u007eä語]+$/)
    expect(JSON.parse(json)).toEqual(value)
  }
})

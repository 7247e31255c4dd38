import { describe, expect, test } from 'vitest'
import { type ReadLimits, readLines, readText } from '../../src/drivers/body.ts'
import { thrown } from '../checks/verdict.ts'

interface Source {
  readonly response: Response
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  /** Whether the reader cancelled the rest. */
  readonly isCancelled: () => boolean
}

/** A response whose body comes in exactly these chunks. */
function bodyOf(chunks: readonly (string | Uint8Array)[]): Source {
  let cancelled = false
  let controller: Source['controller'] | undefined
  const stream = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    cancel: () => void (cancelled = true),
  })
  const encoder = new TextEncoder()
  for (const chunk of chunks) controller?.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
  if (controller === undefined) throw new Error('a stream starts at once')
  return { response: new Response(stream), controller, isCancelled: () => cancelled }
}

function whole(chunks: readonly (string | Uint8Array)[]): Response {
  const { response, controller } = bodyOf(chunks)
  controller.close()
  return response
}

const within = (maxBytes: number, signal: AbortSignal = new AbortController().signal): ReadLimits => ({
  maxBytes,
  signal,
})

async function lines(chunks: readonly string[]): Promise<readonly string[]> {
  const all: string[] = []
  for await (const some of readLines(whole(chunks), within(1000))) all.push(...some)
  return all
}

describe('a text', () => {
  test('is put together from its chunks', async () => {
    expect(await readText(whole(['a', '', 'bc']), within(1000))).toBe('abc')
  })

  test('keeps the letters that two chunks share', async () => {
    const bytes = new TextEncoder().encode('é🦊')
    const chunks = [...bytes].map((byte) => new Uint8Array([byte]))
    expect(await readText(whole(chunks), within(1000))).toBe('é🦊')
  })

  test('that breaks off within a letter has a sign for it', async () => {
    expect(await readText(whole([new Uint8Array([0x61, 0xc3])]), within(1000))).toBe('a\ufffd')
  })

  test('of no body is empty', async () => {
    expect(await readText(new Response(null), within(1))).toBe('')
  })

  test('may be as long as the limit', async () => {
    expect(await readText(whole(['ab', 'cd']), within(4))).toBe('abcd')
  })

  test('is cut off past it', async () => {
    const { response, isCancelled } = bodyOf(['ab', 'cd', 'e'])
    expect(await thrown(readText(response, within(4)))).toMatchObject({ detail: 'unexpected body' })
    expect(isCancelled()).toBe(true)
  })

  test('whose connection fails is a failed connection', async () => {
    const { response, controller } = bodyOf(['ab'])
    const read = thrown(readText(response, within(4)))
    controller.error(new TypeError('terminated', { cause: new Error('other side closed') }))
    expect(await read).toMatchObject({ detail: 'connection failed', message: 'other side closed' })
  })

  test('that the signal ends gives what ended it', async () => {
    const { response, controller } = bodyOf(['ab'])
    const abort = new AbortController()
    const read = thrown(readText(response, within(4, abort.signal)))
    const reason = new DOMException('time is up', 'TimeoutError')
    abort.abort(reason)
    controller.error(reason)
    expect(await read).toBe(reason)
  })
})

describe('a text is read in the charset', () => {
  const bytes = (...given: number[]): Uint8Array => new Uint8Array(given)
  const typed = (type: string | undefined, chunks: readonly Uint8Array[]): Promise<string> => {
    const { body } = whole(chunks)
    const headers = new Headers(type === undefined ? {} : { 'content-type': type })
    return readText({ status: 200, headers, body }, within(1000))
  }

  test.each([
    ['that its header declares', 'text/plain; charset=iso-8859-1', bytes(0xe9, 0x21), 'é!'],
    ['in any case', 'TEXT/PLAIN; Charset=LATIN1', bytes(0xe9), 'é'],
    ['in quotes', 'text/plain;charset="windows-1252"', bytes(0x80), '€'],
    ['among other parameters', 'text/plain; charset=gbk; x=y', bytes(0xc4, 0xe3, 0xba, 0xc3), '你好'],
    ['of East Asia', 'text/plain; charset=Shift_JIS', bytes(0x83, 0x65), 'テ'],
    [
      'of two bytes a letter',
      'text/plain; charset=utf-16',
      bytes(0x41, 0, 0x3d, 0xd8, 0x4a, 0xdd),
      'A🕊'.replace('🕊', '\ud83d\udd4a'),
    ],
    ['of two bytes, the greater one first', 'text/plain; charset=utf-16be', bytes(0, 0x41), 'A'],
    ['UTF-8 where it declares none', 'text/plain', bytes(0xc3, 0xa9), 'é'],
    ['UTF-8 where there is no type', undefined, bytes(0xc3, 0xa9), 'é'],
    ['UTF-8 where nobody knows the charset', 'text/plain; charset=klingon', bytes(0xc3, 0xa9), 'é'],
    ['UTF-8 of its byte-order mark', 'text/plain; charset=latin1', bytes(0xef, 0xbb, 0xbf, 0xc3, 0xa9), 'é'],
    ['UTF-16 of its byte-order mark', 'text/plain; charset=utf-8', bytes(0xff, 0xfe, 0xe9, 0), 'é'],
    ['UTF-16BE of its byte-order mark', 'text/plain; charset=utf-16le', bytes(0xfe, 0xff, 0, 0xe9), 'é'],
    ['UTF-16BE of a mark and nothing more', undefined, bytes(0xfe, 0xff), ''],
    ['UTF-8 of a single byte', undefined, bytes(0x41), 'A'],
  ])('%s', async (_, type, given, text) => {
    expect(await typed(type, [given])).toBe(text)
    expect(
      await typed(
        type,
        [...given].map((byte) => bytes(byte)),
      ),
    ).toBe(text)
  })
})

describe('lines', () => {
  test('longer than 64 kB are given up', async () => {
    const { response, isCancelled } = bodyOf(['x'.repeat(65_000), 'x'.repeat(65_000), 'x'])
    const reading = (async () => {
      for await (const some of readLines(response, within(1e6))) expect(some).toEqual([])
    })()
    expect(await thrown(reading)).toMatchObject({ detail: 'unexpected body' })
    expect(isCancelled()).toBe(true)
  })

  test.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a', '\nb', '\n'],
      ['a', 'b'],
    ],
    [
      ['a\n', 'b\n'],
      ['a', 'b'],
    ],
    [
      ['ab', 'cd', 'ef\ngh', 'ij\n'],
      ['abcdef', 'ghij'],
    ],
    [
      ['a\n\n', '\nb\n'],
      ['a', '', '', 'b'],
    ],
    [['a\nb'], ['a']],
    [['a'], []],
    [[], []],
  ])('%j are %j', async (chunks, read) => {
    expect(await lines(chunks)).toEqual(read)
  })

  test('that nobody wants more of are given up', async () => {
    const { response, isCancelled } = bodyOf(['a\nb\n', 'c\n'])
    for await (const some of readLines(response, within(1000))) {
      expect(some).toEqual(['a', 'b'])
      break
    }
    expect(isCancelled()).toBe(true)
  })
})

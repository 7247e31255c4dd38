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

describe('lines', () => {
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

import { type AddressInfo, type Socket, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Check, Machine, PolicyOptions } from '../../src/core/check.ts'
import type { Result } from '../../src/core/check-state.ts'
import { defineHealth } from '../../src/core/define.ts'
import type { Received } from '../../src/local/faults.ts'
import type { Answer, LocalServer } from '../../src/local/server.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { nodeMachine } from '../../src/drivers/machine.ts'
import { runCheck } from '../../src/probe/check.ts'
import { secretsIn } from '../../src/probe/secrets.ts'
import { thrown } from './verdict.ts'

/** The secret of every far end. It is spelt differently in a URL, in a header and in base64. */
export const SECRET = 'hush/9f+2c='

/** The environment of every check. Its one name does not say secret, so only the check's context enrols the value. */
export interface SecretEnv {
  readonly value: string
}

/** A situation that some kinds do not know. */
type Situation = 'refused' | 'garbage' | 'redirect'

/** One kind of check. */
export interface Kind {
  /** The check of a far end at this port of 127.0.0.1. It takes the secret from `env`. */
  readonly check: (port: number, policy: PolicyOptions) => Check<SecretEnv>
  /** Starts a far end that is well. */
  readonly start: () => Promise<Pick<LocalServer, 'port' | 'close'>>
  /** Answers with a failure of the kind's own protocol that repeats these words. */
  readonly echo: (words: string, ...answer: Parameters<Answer>) => void
  /** The situations that do not exist for this kind, each with the reason. */
  readonly without?: Partial<Readonly<Record<Situation, string>>>
}

/** A kind that uses the machine and not the network. */
export interface LocalKind {
  readonly check: (policy: PolicyOptions) => Check<SecretEnv>
  readonly ok: Machine
  readonly hanging: Machine
  readonly echo: Machine
  /** The situations that do not exist for this kind, each with the reason. */
  readonly without: Readonly<Record<Situation | 'end with the signal', string>>
}

/** The terms of one run. */
interface Terms {
  readonly machine?: Machine
  readonly roundSignal?: AbortSignal
  /** The clock advances by this each time that it is read, in milliseconds. Default 1. */
  readonly stepMs?: number
}

interface Run {
  readonly result: Promise<Result>
  /** The check's own promise, and the signal that it was handed. */
  readonly probe: () => { readonly promise: Promise<unknown>; readonly signal: AbortSignal }
}

function run(
  check: Check<SecretEnv>,
  { machine = {}, roundSignal = new AbortController().signal, stepMs = 1 }: Terms = {},
): Run {
  let probe: ReturnType<Run['probe']> | undefined
  const watched: Check<SecretEnv> = {
    ...check,
    probe: (context) => {
      const promise = check.probe(context)
      probe = { promise, signal: context.signal }
      return promise
    },
  }
  const { checks } = defineHealth({ checks: { it: watched } })
  let time = 0
  const clock = { now: () => 1_000_000, elapsed: () => (time += stepMs) }
  const env: SecretEnv = { value: SECRET }
  const result = runCheck(checks['it'] as never, {
    env,
    clock,
    machine,
    roundSignal,
    secrets: secretsIn(env),
  })
  return {
    result,
    probe: () => {
      if (probe === undefined) throw new Error('the check was not probed')
      return probe
    },
  }
}

const POLICY: PolicyOptions = { timeoutMs: 5000, degradedAboveMs: 50 }

/** Bodies that are of no kind's protocol. */
const GARBAGE = ['', 'null', '7', '[]', '{}', '{"', '<html>', '\u0000\ufffd']

/** Declares the tests that every kind of check with a far end must pass. */
export function checkSuite(name: string, kind: Kind): void {
  senderSuite(name, kind, {})
  senderSuite(`${name}, on Node`, kind, nodeMachine)
}

function senderSuite(name: string, { check, start, echo, without = {} }: Kind, machine: Machine): void {
  describe(`every check: ${name}`, () => {
    let farEnd: Awaited<ReturnType<Kind['start']>>
    let service: LocalService
    let elsewhere: LocalService
    let abyss: Abyss
    beforeAll(async () => {
      farEnd = await start()
      service = await startService()
      elsewhere = await startService()
      abyss = await startAbyss()
    })
    afterEach(() => {
      vi.useRealTimers()
      service.faults.resetHits()
    })
    afterAll(() => Promise.all([farEnd, service, elsewhere, abyss].map((one) => one?.close())))

    const runAt = (port: number, terms?: Terms): Run => run(check(port, POLICY), { machine, ...terms })
    const has = (situation: Situation): boolean => without[situation] === undefined

    test('is healthy where its far end is well', async () => {
      expect(await runAt(farEnd.port).result).toMatchObject({ status: 'healthy', detail: '' })
    })

    test('is slow past degradedAboveMs, and not at it', async () => {
      expect(await runAt(farEnd.port, { stepMs: 50 }).result).toMatchObject({ status: 'healthy' })
      expect(await runAt(farEnd.port, { stepMs: 51 }).result).toMatchObject({
        status: 'degraded',
        detail: 'slow',
        durationMs: 51,
      })
    })

    if (has('refused')) {
      test('is unhealthy where nothing listens', async () => {
        const gone = await startService()
        await gone.close()
        const result = await runAt(gone.port).result
        expect(result).toMatchObject({ status: 'unhealthy', detail: 'connection failed' })
        expect(result.error).toContain('ECONNREFUSED')
      })
    }

    test('times out at its own deadline, and leaves no connection', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { result, probe } = runAt(abyss.port)
      await abyss.isAsked()
      vi.advanceTimersByTime(4999)
      expect(probe().signal.aborted).toBe(false)
      vi.advanceTimersByTime(1)
      expect(await result).toMatchObject({ status: 'unhealthy', detail: 'timeout' })
      await abyss.isLeft()
    })

    test('is unknown where its round ends first, and ends with the signal', async () => {
      const round = new AbortController()
      const { result, probe } = runAt(abyss.port, { roundSignal: round.signal })
      await abyss.isAsked()
      round.abort()
      expect(await result).toMatchObject({ status: 'unknown', detail: 'timeout' })
      const { promise, signal } = probe()
      expect(await thrown(promise)).toBe(signal.reason)
      await abyss.isLeft()
    })

    test.each(has('garbage') ? GARBAGE : [])(
      'finds an unexpected body in %j, asked for once',
      async (body) => {
        service.respond((_, response) => void response.end(body))
        const result = await runAt(service.port).result
        expect(result).toMatchObject({ status: 'unhealthy', detail: 'unexpected body' })
        expect(service.faults.hits()).toBe(1)
      },
    )

    if (has('redirect')) {
      test('goes nowhere that it is redirected to', async () => {
        service.respond((_, response) => void response.writeHead(307, { location: elsewhere.url }).end())
        expect(await runAt(service.port).result).toMatchObject({ status: 'unhealthy', detail: 'http 307' })
        expect([service.faults.hits(), elsewhere.faults.hits()]).toEqual([1, 0])
      })
    }

    test('repeats no secret, in whatever form its far end does', async () => {
      service.respond((request, response) => echo(echoOf(request), request, response))
      expectNoSecret(await runAt(service.port).result)
      expect(service.faults.hits()).toBe(1)
    })
  })
}

/** Declares the tests that every kind of check without a far end must pass. */
export function localCheckSuite(name: string, { check, ok, hanging, echo }: LocalKind): void {
  describe(`every check: ${name}`, () => {
    afterEach(() => void vi.useRealTimers())

    test('is healthy where all is well', async () => {
      expect(await run(check(POLICY), { machine: ok }).result).toMatchObject({
        status: 'healthy',
        detail: '',
      })
    })

    test('is slow past degradedAboveMs', async () => {
      const { result } = run(check(POLICY), { machine: ok, stepMs: 51 })
      expect(await result).toMatchObject({ status: 'degraded', detail: 'slow' })
    })

    test('times out at its own deadline', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { result, probe } = run(check(POLICY), { machine: hanging })
      vi.advanceTimersByTime(4999)
      expect(probe().signal.aborted).toBe(false)
      vi.advanceTimersByTime(1)
      expect(await result).toMatchObject({ status: 'unhealthy', detail: 'timeout' })
    })

    test('is unknown where its round ends first', async () => {
      const round = new AbortController()
      const { result } = run(check(POLICY), { machine: hanging, roundSignal: round.signal })
      round.abort()
      expect(await result).toMatchObject({ status: 'unknown', detail: 'timeout' })
    })

    test('repeats no secret', async () => {
      expectNoSecret(await run(check(POLICY), { machine: echo }).result)
    })
  })
}

/** The secret in the forms in which it travels. */
const FORMS: readonly string[] = [SECRET, encodeURIComponent(SECRET), btoa(SECRET)]

/** The secret in those forms, and the parts of the request that may hold it in others. */
function echoOf({ headers, path }: Received): string {
  const { authorization, 'neon-connection-string': url } = headers
  return [...FORMS, authorization, url, path].join(' | ')
}

function expectNoSecret({ status, ...words }: Result): void {
  expect(status).toBe('unhealthy')
  const said = JSON.stringify(words)
  const inBasic = btoa(`user:${SECRET}`)
  // The padding changes the end of base64.
  for (const form of [...FORMS, inBasic]) expect(said).not.toContain(form.slice(0, -4))
}

interface Abyss {
  readonly port: number
  /** Resolves when a request has come on a connection that is still open. */
  readonly isAsked: () => Promise<void>
  /** Resolves when no connection is open. */
  readonly isLeft: () => Promise<void>
  readonly close: () => Promise<void>
}

/** A server that takes every request and never answers. */
async function startAbyss(): Promise<Abyss> {
  const open = new Set<Socket>()
  const asked = new Set<Socket>()
  const looks = new Set<() => void>()
  const look = (): void => looks.forEach((one) => one())
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', () => (asked.add(socket), look()))
    socket.on('close', () => (open.delete(socket), asked.delete(socket), look()))
  })
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const one = (): void => {
        if (!isSo()) return
        looks.delete(one)
        resolve()
      }
      looks.add(one)
      one()
    })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    isAsked: () => until(() => asked.size > 0),
    isLeft: () => until(() => open.size === 0),
    close: () => {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

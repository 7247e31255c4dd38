import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Begun, Lease } from '../../src/core/cell.ts'
import { type Health, defineHealth } from '../../src/core/define.ts'
import { nodeMachine } from '../../src/drivers/machine.ts'
import { sendJson } from '../../src/local/server.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { poller } from '../../src/poll/poller.ts'
import type { Store } from '../../src/stores/store.ts'
import { type UpstashDatabase, type UpstashRuntime, upstash } from '../../src/stores/upstash.ts'
import { thrown } from '../checks/verdict.ts'
import { checkOf } from '../health.ts'
import { rules } from './rules.ts'
import { BAD, GOOD, leaseIn, storeSuite } from './store.suite.ts'
import { command, engine, engines, stillTime, watchCommands } from './upstash.scene.ts'

const WEEK_MS = 7 * 24 * 3600 * 1000

/** The surroundings of a process, where they differ from the usual ones. */
interface Joining extends Omit<UpstashRuntime, 'clock'>, Partial<Pick<UpstashDatabase, 'url' | 'token'>> {
  readonly health?: Health<never>
  readonly elapsed?: () => number
}

let cells = 0
/** A new cell, the processes that join it, and their common clock. */
function openOn(server: LocalUpstash, definition: Health<unknown> = rules) {
  const key = `allclear:shop:${(cells += 1)}`
  let now = 1_000_000
  const join = (joining: Joining = {}): Store => {
    const { health = definition, url = server.url, token = server.token, elapsed, ...runtime } = joining
    const clock = { now: () => now, elapsed: elapsed ?? (() => performance.now()) }
    return upstash(health, { url, token, key }, { clock, random: () => 0, ...runtime })
  }
  return {
    key,
    join,
    store: join(),
    turnClock: (ms: number) => void (now += ms),
    redis: (name: string, ...words: unknown[]) => command(server, name, key, ...words),
    forget: () => command(server, 'DEL', key),
  }
}

describe.each(engines)('on %s', (engine) => {
  let server: LocalUpstash
  beforeAll(async () => void (server = await startUpstash({ engine })))
  afterAll(() => server?.close())

  storeSuite('upstash', (health) => openOn(server, health))
})

describe('the upstash store', () => {
  let server: LocalUpstash
  let open: () => ReturnType<typeof openOn>
  beforeAll(async () => {
    server = await startUpstash({ engine })
    open = () => openOn(server)
  })
  beforeEach(() => server.faults.resetHits())
  afterEach(() => {
    server.faults.mend()
    vi.restoreAllMocks()
  })
  afterAll(() => server?.close())

  const round = async (store: Store, shaky = GOOD) =>
    store.complete(leaseIn(await store.begin('runner')), { steady: GOOD, shaky })

  describe('sends', () => {
    test('three commands for the first round of a process, and two for each that follows', async () => {
      const { store, turnClock } = open()
      const sent = watchCommands()
      await round(store)
      expect(sent.splice(0)).toEqual(['get', 'eval', 'eval'])
      turnClock(6000)
      await round(store)
      expect(sent).toEqual(['eval', 'eval'])
    })

    test('three for a round after one that another process ran', async () => {
      const { store, join, turnClock } = open()
      await round(store)
      turnClock(6000)
      await round(join())
      turnClock(6000)
      const sent = watchCommands()
      expect((await round(store)).snapshot.round).toBe(3)
      expect(sent).toEqual(['eval', 'eval', 'eval'])
    })

    test('one, which writes nothing, for a snapshot that is fresh', async () => {
      const { store, join, turnClock, redis } = open()
      await round(store)
      turnClock(6000)
      const other = join()
      await round(other)
      const before = await redis('GET')
      const sent = watchCommands()
      for (const each of [store, other, join()]) expect((await each.begin('b')).kind).toBe('fresh')
      expect(sent).toEqual(['eval', 'get', 'get'])
      vi.restoreAllMocks()
      expect(await redis('GET')).toBe(before)
    })

    test('one, which writes nothing, for a lease that is late or foreign', async () => {
      const { store, join, turnClock, redis } = open()
      const dead = leaseIn(await store.begin('dead'))
      turnClock(11_500)
      const other = join()
      const next = leaseIn(await other.begin('next'))
      const before = await redis('GET')
      const sent = watchCommands()
      for (const each of [store, other, join()]) await each.complete(dead, { steady: BAD, shaky: BAD })
      await other.complete({ ...next, id: 'foreign' }, { steady: BAD, shaky: BAD })
      expect(sent).toEqual(['get', 'get', 'get', 'get'])
      vi.restoreAllMocks()
      expect(await redis('GET')).toBe(before)
    })
  })

  describe('shares one cell among processes', () => {
    test('which elect one for the round, and all see what it found', async () => {
      const { join } = open()
      const processes = Array.from({ length: 16 }, () => join())
      const begun = await Promise.all(processes.map((store, index) => store.begin(`poll ${index}`)))
      const [runner = -1, ...others] = begun.flatMap(({ kind }, index) => (kind === 'lease' ? [index] : []))
      expect(others).toEqual([])
      const waiting = processes.filter((_, index) => index !== runner).map((store) => store.settled(10_000))
      const lease = leaseIn(begun[runner] as Begun)
      await processes[runner]?.complete(lease, { steady: GOOD, shaky: BAD })
      for (const { snapshot } of await Promise.all(waiting)) {
        expect(snapshot).toMatchObject({ round: 1, checks: { shaky: { last: BAD } } })
      }
    })

    test('and a process that starts knows breakers, counters and histograms', async () => {
      const { store, join } = open()
      const { snapshot } = await round(store, BAD)
      expect(snapshot.checks['shaky']).toMatchObject({ breaker: { state: 'open' }, trips: 1 })
      expect(await join().begin('after')).toMatchObject({ kind: 'fresh', reading: { snapshot } })
    })

    test('and the data centre of its rounds', async () => {
      const { store, join } = open()
      await store.complete(leaseIn(await store.begin('a')), { steady: GOOD, shaky: GOOD }, 'FRA')
      expect(await join().begin('b')).toMatchObject({ reading: { snapshot: { colo: 'FRA' } } })
    })
  })

  describe('leaves nothing behind', () => {
    test('after a week, counted from the last write', async () => {
      const { store, redis } = open()
      const lease = leaseIn(await store.begin('a'))
      expect(await redis('PTTL')).toBeGreaterThan(WEEK_MS - 60_000)
      expect(await redis('PTTL')).toBeLessThanOrEqual(WEEK_MS)
      await redis('PEXPIRE', 1000)
      await store.complete(lease, { steady: GOOD, shaky: GOOD })
      expect(await redis('PTTL')).toBeGreaterThan(WEEK_MS - 60_000)
    })

    test('or after as long as it is told', async () => {
      const { join, redis } = open()
      await join({ expireAfterMs: 90_000 }).begin('a')
      expect(await redis('PTTL')).toBeGreaterThan(60_000)
      expect(await redis('PTTL')).toBeLessThanOrEqual(90_000)
    })

    test('so a process that comes back after that cannot complete its round', async () => {
      const { store, join, redis, turnClock } = open()
      await round(store)
      turnClock(6000)
      const lost = leaseIn(await store.begin('a'))
      await redis('DEL')
      await round(join())
      expect((await store.complete(lost, { steady: BAD, shaky: BAD })).snapshot).toMatchObject({
        round: 1,
        checks: { steady: { runs: { healthy: 1, unhealthy: 0 } } },
      })
    })
  })

  describe('a waiter', () => {
    test('looks again after pauses that grow, and never past the end', async () => {
      const { store, join } = open()
      await store.begin('a')
      const time = stillTime()
      const sent = watchCommands()
      expect((await join(time).settled(1000)).snapshot.round).toBe(0)
      expect(time.slept).toEqual([25, 50, 100, 200, 250, 250, 125])
      expect(new Set(sent)).toEqual(new Set(['get']))
      expect(sent).toHaveLength(7)
    })

    test('looks at other moments than other waiters', async () => {
      const { store, join } = open()
      await store.begin('a')
      const time = stillTime()
      await join({ ...time, random: () => 0.5 }).settled(100)
      expect(time.slept).toEqual([18.75, 37.5, 43.75])
    })

    test('looks once when there is no time to wait', async () => {
      const { store, join } = open()
      await store.begin('a')
      const time = stillTime()
      await join(time).settled(0)
      expect(time.slept).toEqual([0])
    })

    const changes: readonly (readonly [string, (cell: ReturnType<typeof openOn>) => unknown])[] = [
      ['has settled', ({ store }) => round(store)],
      [
        'has settled and the next one is under way',
        async ({ store, turnClock }) => {
          await round(store)
          turnClock(6000)
          await store.begin('runner')
        },
      ],
      ['was given to another', ({ turnClock, store }) => (turnClock(11_500), store.begin('another'))],
      ['has lost its runner', ({ turnClock }) => turnClock(11_500)],
      ['was forgotten', ({ redis }) => redis('DEL')],
    ]

    test.each(changes)('waits no longer when the round under way %s', async (_, change) => {
      const cell = open()
      await cell.store.begin('runner')
      const time = stillTime()
      const sleep = async (ms: number): Promise<void> => {
        await time.sleep(ms)
        if (time.slept.length === 3) await change(cell)
      }
      await cell.join({ ...time, sleep }).settled(10_000)
      expect(time.slept).toEqual([25, 50, 100])
    })
  })

  describe('takes a key that somebody else wrote for an empty cell:', () => {
    const version = '0c9dcf1e-2f0b-4d53-9a54-6b2a8f6f0001'
    const check = {
      settled: 'healthy',
      streak: 0,
      last: GOOD,
      checkedAt: 999_000,
      breaker: { state: 'closed', failures: 0 },
      trips: 0,
      runs: { healthy: 1, degraded: 0, unhealthy: 0, unknown: 0 },
      durations: { counts: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumSeconds: 0.012 },
    }
    const lease = { id: 'runner', round: 1, startedAt: 999_000, checks: ['steady'], trial: false }
    const cell = {
      round: 1,
      settledAt: 999_000,
      startedUp: true,
      colo: null,
      checks: { steady: check, shaky: check },
      lease: null,
    }
    const left = (value: unknown): string => `${version} ${JSON.stringify(value)}`
    const withCheck = (part: object): string =>
      left({ ...cell, checks: { steady: { ...check, ...part }, shaky: check } })

    test('but not a whole state', async () => {
      const { store, redis } = open()
      await redis('SET', left(cell))
      expect((await store.begin('a')).kind).toBe('fresh')
      await redis('SET', left({ ...cell, lease, settledAt: null }))
      expect((await store.begin('a')).kind).toBe('wait')
    })

    test.each([
      ['a text', 'hello'],
      ['half a state', left(cell).slice(0, -20)],
      ['a state without a version', JSON.stringify(cell)],
      ['null', left(null)],
      ['a list', left([])],
      ['an empty object', left({})],
      ['no round', left({ ...cell, round: null })],
      ['a round that is none', left({ ...cell, round: -1 })],
      ['a time that is none', left({ ...cell, settledAt: '999000' })],
      ['no checks', left({ ...cell, checks: null })],
      ['checks that are none', left({ ...cell, checks: { steady: {}, shaky: 1 } })],
      ['a lease that is none', left({ ...cell, lease: {} })],
      ['a lease without checks', left({ ...cell, lease: { ...lease, checks: null } })],
      ['a status that is none', withCheck({ settled: 'fine' })],
      ['no last result', withCheck({ last: null })],
      ['a last result without words', withCheck({ last: { status: 'healthy', durationMs: 1 } })],
      ['an error that is no text', withCheck({ last: { ...GOOD, error: {} } })],
      ['a breaker of another kind', withCheck({ breaker: { state: 'ajar', failures: 0 } })],
      ['an open breaker without an end', withCheck({ breaker: { state: 'open', trips: 1 } })],
      ['counts that are none', withCheck({ runs: { healthy: '1', degraded: 0, unhealthy: 0, unknown: 0 } })],
      ['a histogram with other buckets', withCheck({ durations: { counts: [1], sumSeconds: 1 } })],
    ])('%s', async (_, text) => {
      const { store, join, redis } = open()
      await redis('SET', text)
      expect((await join().settled(0)).snapshot).toMatchObject({ round: 0, checks: {} })
      expect((await round(store)).snapshot.round).toBe(1)
      expect((await join().begin('b')).kind).toBe('fresh')
    })

    test('a key that is no text', async () => {
      const { store, join, redis } = open()
      await redis('LPUSH', 'item')
      expect((await round(store)).snapshot.round).toBe(1)
      expect((await join().begin('b')).kind).toBe('fresh')
    })
  })

  describe('when Redis stalls', () => {
    test('every call ends within its time', async () => {
      const { store } = open()
      const lease = leaseIn(await store.begin('a'))
      server.faults.set('hang')
      const started = performance.now()
      const calls = [
        store.begin('b', { withinMs: 60 }),
        store.complete(lease, {}, null, 60),
        store.settled(60),
        open().join({ timeoutMs: 60 }).begin('c'),
        open().join({ timeoutMs: 60 }).complete(lease, {}),
        open().join({ timeoutMs: 60 }).settled(60_000),
      ]
      for (const error of await Promise.all(calls.map(thrown))) {
        expect(error).toMatchObject({ message: 'no answer in time' })
      }
      expect(performance.now() - started).toBeLessThan(1500)
    })

    test('all the requests of a call share its time', async () => {
      const { store, turnClock } = open()
      await round(store)
      turnClock(6000)
      const time = stillTime()
      const slow = open().join({ ...time, timeoutMs: 1000 })
      // The first answer takes all but the last 50 ms.
      watchCommands((name) => (name === 'get' ? time.sleep(950) : server.faults.set('hang')))
      const started = performance.now()
      expect(await thrown(slow.begin('a'))).toMatchObject({ message: 'no answer in time' })
      expect(performance.now() - started).toBeLessThan(700)
    })

    test('an answer that stops half way is none', async () => {
      const service = await startService()
      service.respond((_, response) => void response.writeHead(200).write('{"result":'))
      const store = open().join({ url: service.origin, timeoutMs: 60 })
      expect(await thrown(store.begin('a'))).toMatchObject({ message: 'no answer in time' })
      await service.close()
    })

    test('it is asked once more where a kept connection may have been lost, and never again', async () => {
      const { store, join } = open()
      server.faults.set('down')
      await thrown(store.begin('a'))
      expect(server.faults.hits()).toBe(2)
      server.faults.resetHits()
      await thrown(join({ send: nodeMachine.send }).begin('a'))
      expect(server.faults.hits(), 'a connection of its own is no kept one').toBe(1)
    })

    test('a poll is answered within its deadline all the same, from here', async () => {
      const health = defineHealth({ deadlineMs: 600, checks: { check: checkOf(async () => {}) } })
      server.faults.set('hang')
      const poll = poller(health, {
        clock: { now: () => Date.now(), elapsed: () => performance.now() },
        cells: [{ storeOf: () => open().join({ health }) }],
        newId: () => 'poll',
        warn: () => {},
      })
      const started = performance.now()
      expect(await poll({}, { waitUntil: () => {} })).toMatchObject({ status: 'healthy', state: 'local' })
      expect(performance.now() - started).toBeLessThan(600)
    })
  })

  describe('says no secret when it fails', () => {
    const hush = 'hush-9f2c'
    const lease: Lease = { id: 'a', round: 0, startedAt: 1_000_000, checks: ['steady'], trial: false }
    let service: LocalService
    beforeAll(async () => void (service = await startService()))
    afterAll(() => service.close())

    const refused = (status: number, body: string) => (): Joining => {
      service.respond((_, response) => void response.writeHead(status).end(body))
      return { url: service.origin, token: hush }
    }
    const echo = (): Joining => {
      service.respond(({ headers, body }, response) =>
        sendJson(response, 400, { error: `${headers.authorization?.slice(7)} ERR ${body}` }),
      )
      return { url: service.origin, token: hush }
    }

    const failures: readonly (readonly [string, () => Joining, string])[] = [
      ['a wrong token', () => ({ token: hush }), 'refused: WRONGPASS invalid or missing auth token'],
      [
        'a quota',
        refused(400, '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500001"}'),
        'refused: ERR max requests limit exceeded',
      ],
      ['an error under 200', refused(200, '{"error":"ERR oops"}'), 'refused: ERR oops'],
      ['an error that repeats the token and the command', echo, 'refused: ERR'],
      ['a page', refused(502, `<html>${hush}`), 'the answer is not of the REST protocol of a Redis'],
      ['no JSON', refused(200, `<html>${hush}`), 'the answer is not of the REST protocol of a Redis'],
      ['null', refused(200, 'null'), 'the answer is not of the REST protocol of a Redis'],
      ['nothing', refused(200, '{}'), 'the answer is not of the REST protocol of a Redis'],
      ['a number', refused(200, '{"result":1}'), 'the answer is not of the REST protocol of a Redis'],
      [
        'a text',
        refused(200, JSON.stringify({ result: btoa(hush) })),
        'the answer is not of the REST protocol of a Redis',
      ],
      ['another list', refused(200, '{"result":[2]}'), 'the answer is not of the REST protocol of a Redis'],
      [
        'a connection that breaks off',
        () => {
          service.respond((_, response) => void response.destroy())
          return { url: `${service.origin}/${hush}`, token: hush }
        },
        'connection failed: other side closed',
      ],
      [
        'a URL that is none',
        () => ({ url: `https//${hush}` }),
        'url: expected the REST URL of the database, http(s) and without credentials',
      ],
      [
        'a URL with a password',
        () => ({ url: `http://me:${hush}@127.0.0.1:9` }),
        'url: expected the REST URL of the database, http(s) and without credentials',
      ],
      ['a token that HTTP cannot carry', () => ({ token: `${hush}\n☃` }), 'token: expected a token'],
    ]

    test.each(failures)('of %s', async (_, options, message) => {
      const warn = vi.spyOn(console, 'warn')
      const store = open().join(options())
      for (const call of [() => store.begin('a'), () => store.complete(lease, { steady: BAD })]) {
        const error = await thrown(call())
        expect(error).toMatchObject({ message })
        const said = inspect(error, { depth: 10, showHidden: true })
        for (const secret of [hush, BAD.error, service.origin]) expect(said).not.toContain(secret)
      }
      expect(warn).not.toHaveBeenCalled()
    })

    test('of a server that is gone', async () => {
      const gone = await startService()
      await gone.close()
      const store = open().join({ url: `${gone.origin}/${hush}`, token: hush })
      expect(await thrown(store.begin('a'))).toMatchObject({
        message: `connection failed: connect ECONNREFUSED 127.0.0.1:${gone.port}`,
      })
    })
  })

  test('a line feed at the end of the token does not travel', async () => {
    const warn = vi.spyOn(console, 'warn')
    expect(
      (
        await open()
          .join({ token: `${server.token}\n` })
          .begin('a')
      ).kind,
    ).toBe('lease')
    expect(warn).not.toHaveBeenCalled()
  })

  test('a trial whose runner died is given again only when its lease has run out', async () => {
    const { store, join, turnClock } = open()
    await round(store, BAD)
    turnClock(31_000)
    expect(leaseIn(await store.begin('trial')).trial).toBe(true)
    turnClock(10_000)
    expect((await join().begin('another')).kind).toBe('wait')
    turnClock(1500)
    expect(leaseIn(await join().begin('another')).trial).toBe(true)
  })
})

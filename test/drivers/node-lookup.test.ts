import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { http } from '../../src/checks/http.ts'
import { type NameSystem, lookupFor } from '../../src/drivers/node-lookup.ts'
import { nodeSender } from '../../src/drivers/node-send.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { thrown, verdict } from '../checks/verdict.ts'

/** The IPv4 addresses that the name server knows. It never answers about `dead.example`, and of the rest it says no. */
const ZONE: Readonly<Record<string, string>> = {
  'catalog.example.com': '127.0.0.1',
  'catalog.shop.svc.local': '127.0.0.1',
  'db.internal': '127.0.0.7',
}

let server: Socket
let service: LocalService
let names: NameSystem
/** The names that the name server and the system were asked for. */
let asked: string[]
let ofSystem: string[]

beforeAll(async () => {
  service = await startService()
  server = createSocket('udp4', (query, { address, port }) => {
    const [name, end] = nameIn(query)
    const type = query.readUInt16BE(end)
    asked.push(`${name} ${type === 1 ? 'A' : 'AAAA'}`)
    if (!name.endsWith('dead.example')) server.send(answerTo(query, end + 4, type, ZONE[name]), port, address)
  }).bind(0, '127.0.0.1')
  await once(server, 'listening')
  const servers = [`127.0.0.1:${(server.address() as AddressInfo).port}`]
  const system = async (hostname: string): Promise<never> => {
    ofSystem.push(hostname)
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
  }
  names = {
    servers,
    system,
    hosts: () => '# a comment\n10.0.0.9\tLegacy.example.com legacy # its old name\n::9 legacy\n',
    resolvConf: () => 'nameserver 10.0.0.1\nsearch shop.svc.local internal.\noptions ndots:2 rotate\n',
  }
})
beforeEach(() => {
  asked = []
  ofSystem = []
})
afterAll(async () => {
  server.close()
  await service.close()
})

function nameIn(query: Buffer): [name: string, end: number] {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return [labels.join('.').toLowerCase(), at + 1]
}

function answerTo(query: Buffer, end: number, type: number, address: string | undefined): Buffer {
  const isFound = address !== undefined && type === 1
  const head = Buffer.from(query.subarray(0, end))
  head.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2)
  head.writeUInt16BE(isFound ? 1 : 0, 6)
  head.writeUInt16BE(0, 8)
  head.writeUInt16BE(0, 10)
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...(address ?? '').split('.').map(Number)]
  return isFound ? Buffer.concat([head, Buffer.from(record)]) : head
}

const find = (hostname: string, options: object = { all: true }, given = names): Promise<unknown> =>
  new Promise((resolve, reject) => {
    lookupFor(new AbortController().signal, given)(hostname, options, (error, found) =>
      error === null ? resolve(found) : reject(error),
    )
  })

const at = (address: string, family = 4): object => ({ address, family })

describe('a name is found', () => {
  test.each([
    ['in the hosts file', 'legacy', [at('10.0.0.9'), at('::9', 6)]],
    ['there in any case, with the dot of an absolute name', 'LEGACY.example.com.', [at('10.0.0.9')]],
    ['by the name server', 'catalog.example.com', [at('127.0.0.1')]],
    ['as it stands, with the dot of an absolute name', 'catalog.example.com.', [at('127.0.0.1')]],
    ['in the first search domain', 'catalog', [at('127.0.0.1')]],
    ['in the second search domain', 'db', [at('127.0.0.7')]],
    ['in no file, if it is this machine', 'localhost', [at('127.0.0.1'), at('::1', 6)]],
    ['in no file, if it is below this machine', 'shop.localhost', [at('127.0.0.1'), at('::1', 6)]],
  ])('%s: %s', async (_, hostname, found) => {
    expect(await find(hostname)).toEqual(found)
    expect(ofSystem).toEqual([])
  })

  test('as one address where one is asked for, and of the family that is', async () => {
    expect(await find('legacy', {})).toBe('10.0.0.9')
    expect(await find('legacy', { family: 6 })).toBe('::9')
    expect(await find('legacy', { family: 4, all: true })).toEqual([at('10.0.0.9')])
  })

  test('by the order of the system: fewer dots than ndots begin with the search domains', async () => {
    const order = async (hostname: string): Promise<string[]> => {
      asked = []
      await thrown(find(hostname))
      return asked.filter((one) => one.endsWith(' A')).map((one) => one.slice(0, -2))
    }
    expect(await order('no.one')).toEqual(['no.one.shop.svc.local', 'no.one.internal', 'no.one'])
    expect(await order('a.no.one')).toEqual(['a.no.one', 'a.no.one.shop.svc.local', 'a.no.one.internal'])
  })
})

test('only what the name server does not know is asked of the system, one at a time', async () => {
  const waiting: (() => void)[] = []
  const system = (hostname: string): Promise<never[]> => {
    ofSystem.push(hostname)
    return new Promise((resolve) => waiting.push(() => resolve([])))
  }
  const finding = ['printer.local', 'scanner.local'].map((one) =>
    find(one, { all: true }, { ...names, system }).catch(() => {}),
  )
  while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(ofSystem).toHaveLength(1)
  waiting[0]?.()
  while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  waiting[1]?.()
  await Promise.all(finding)
  expect(ofSystem).toHaveLength(2)
})

test('a system that does not answer leaves the word of the name server, and no question behind', async () => {
  const lost = Promise.withResolvers<never[]>()
  const system = (hostname: string): Promise<never[]> => {
    ofSystem.push(hostname)
    return lost.promise
  }
  const hostnames = ['a.nowhere.com', 'b.nowhere.com', 'c.nowhere.com']
  const finding = hostnames.map((one) => thrown(find(one, { all: true }, { ...names, system })))
  for (const error of await Promise.all(finding)) expect(error).toMatchObject({ code: 'ENOTFOUND' })
  lost.resolve([])
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(ofSystem).toHaveLength(1)
})

test('six dead zones do not delay a check that is well, and end with their signal', async () => {
  const machine = { send: nodeSender(names) }
  const abort = new AbortController()
  const reason = new DOMException('time is up', 'TimeoutError')
  const dead = [1, 2, 3, 4, 5, 6].map((n) => {
    const check = http({ url: `http://s${n}.dead.example/` })
    return thrown(verdict(check, {}, { machine, signal: abort.signal }))
  })
  while (asked.filter((one) => one.includes('dead')).length < 12)
    await new Promise((done) => setTimeout(done, 5))
  const started = performance.now()
  for (const host of ['catalog.example.com', 'catalog', 'localhost']) {
    const url = service.url.replace('127.0.0.1', host)
    expect(await verdict(http({ url }), {}, { machine })).toBe('healthy')
  }
  expect(performance.now() - started).toBeLessThan(1000)
  abort.abort(reason)
  for (const one of await Promise.all(dead)) expect(one).toBe(reason)
  expect(ofSystem).toEqual([])
})

import { Hono } from 'hono'
import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'
import type { CellObject } from '../../src/stores/durable-object-cell.ts'

// The clock of the whole isolate, so that a test can turn it.
const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs

interface Env {
  readonly CATALOG_URL: string
}

const { Cell, Prober, routes } = onCloudflare(
  defineHealth<Env>({
    regions: ['weur', 'enam', 'apac'],
    intervalMs: 60_000,
    checks: { catalog: http({ url: (env) => env.CATALOG_URL }) },
  }),
)

let requests = 0
let rows = 0

/** The real object, with a count of the requests to it and of the rows that it writes. */
class CountingCell extends Cell {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    const put = ctx.storage.kv.put.bind(ctx.storage.kv)
    ctx.storage.kv.put = (key, value) => {
      rows += 1
      put(key, value)
    }
    const setAlarm = ctx.storage.setAlarm.bind(ctx.storage)
    ctx.storage.setAlarm = (at) => {
      rows += 1
      return setAlarm(at)
    }
  }
  /** Rings the alarm, and waits until the round that it began has come home. */
  async ring(): Promise<void> {
    requests += 1
    await this.alarm?.()
    await super.settled(10_000)
  }
  override ensure(...args: Parameters<CellObject['ensure']>) {
    requests += 1
    return super.ensure(...args)
  }
  override settled(...args: Parameters<CellObject['settled']>) {
    requests += 1
    return super.settled(...args)
  }
  override complete(...args: Parameters<CellObject['complete']>) {
    requests += 1
    return super.complete(...args)
  }
}
export { CountingCell as Cell, Prober }

const lost = new Set<string>()

const app = new Hono<{ Bindings: any }>()
app.post('/test/turn-clock/:ms', (c) => {
  aheadMs += Number(c.req.param('ms'))
  return c.body(null, 204)
})
app.post('/test/lose/:regions', (c) => {
  lost.clear()
  for (const region of c.req.param('regions').split(',')) lost.add(region)
  return c.body(null, 204)
})
app.post('/test/ring/:region', async (c) => {
  await c.env.CELL.getByName(c.req.param('region')).ring()
  return c.body(null, 204)
})
app.get('/test/counts', (c) => {
  const counts = { requests, rows }
  requests = rows = 0
  return c.json(counts)
})
app.all('*', (c) => {
  const CELL = {
    getByName: (name: string, options: object) => {
      if (lost.has(name)) throw new Error('out of reach')
      return c.env.CELL.getByName(name, options)
    },
  }
  return routes.fetch(c.req.raw, { ...c.env, CELL }, c.executionCtx)
})

export default app

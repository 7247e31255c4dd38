import { Hono } from 'hono'
import { onCloudflare } from '../../src/cloudflare.ts'
import health from '../../src/health.config.ts'

// The clock of the whole isolate, so that a test can turn it.
const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs

const { Cell, Prober, routes } = onCloudflare(health)
export { Cell, Prober }

/** The deployable definition, mounted in an app of the tests. */
const app = new Hono<{ Bindings: any }>()
app.route('/', routes)
app.post('/test/turn-clock/:ms', (c) => {
  aheadMs += Number(c.req.param('ms'))
  return c.body(null, 204)
})
// So many polls that HTTP from outside would be most of the time.
app.post('/test/polls/:count', async (c) => {
  const codes: Record<number, number> = {}
  for (let index = 0; index < Number(c.req.param('count')); index += 1) {
    const { status } = await routes.request('/readyz', {}, c.env, c.executionCtx)
    codes[status] = (codes[status] ?? 0) + 1
  }
  return c.json(codes)
})

export default app

import { Hono } from 'hono'

/** Bare Hono as the baseline: it answers with constants that were set, and with plain fetches. */
const app = new Hono<{ Bindings: { readonly UPSTREAM: string } }>()

let text = ''
let json: object = {}

app.put('/text', async (c) => {
  text = await c.req.text()
  return c.body(null, 204)
})
app.put('/json', async (c) => {
  json = await c.req.json()
  return c.body(null, 204)
})
app.get('/text', (c) => c.text(text))
app.get('/json', (c) => c.json(json))
app.get('/fetches/:count/after/:ms', async (c) => {
  const { count, ms } = c.req.param()
  const fetches = Array.from({ length: Number(count) }, async () => {
    const response = await fetch(`${c.env.UPSTREAM}/after/${ms}`)
    await response.body?.cancel()
    return response.status
  })
  return c.json(await Promise.all(fetches))
})

export default app

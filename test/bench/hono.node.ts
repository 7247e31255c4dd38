import { serve } from '@hono/node-server'
import app from './bare.worker.ts'
import { tell } from './child.ts'

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => tell(`http://127.0.0.1:${port}`))

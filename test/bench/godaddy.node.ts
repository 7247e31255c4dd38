import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTerminus } from '@godaddy/terminus'
import { tell } from './child.ts'
import { rivalChecks } from './rival-checks.ts'

const { postgres, redis } = rivalChecks()

const server = createServer((_, response) => {
  response.writeHead(404).end()
})
createTerminus(server, {
  healthChecks: {
    '/readyz': async () => {
      await Promise.all([postgres(), redis()])
      return { postgres: 'up', redis: 'up' }
    },
  },
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
tell(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

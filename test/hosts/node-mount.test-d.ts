import type { RequestListener } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { expectTypeOf, test } from 'vitest'
import { defineHealth, http } from '../../src/index.ts'
import { mountNode } from '../../src/node.ts'

interface Env {
  readonly CATALOG_URL: string
}

const health = defineHealth<Env>({ checks: { catalog: http({ url: (env) => env.CATALOG_URL }) } })

test('the listener is one of a server of Node', () => {
  const { listener } = mountNode(health)
  expectTypeOf(listener).toExtend<RequestListener>()
  expectTypeOf(listener).toExtend<(request: Http2ServerRequest, response: Http2ServerResponse) => void>()
  expectTypeOf<Request>().not.toExtend<Parameters<typeof listener>[0]>()
})

import { custom, disk, http, postgres, redis } from '../../src/index.ts'
import type { Machine } from '../../src/core/check.ts'
import { startExporter } from '../../src/local/exporter.ts'
import { startNeon } from '../../src/local/neon.ts'
import { sendJson } from '../../src/local/server.ts'
import { startService } from '../../src/local/service.ts'
import { startUpstash } from '../../src/local/upstash.ts'
import { SECRET, type SecretEnv as Env, checkSuite, localCheckSuite } from './check.suite.ts'

const inUrl = ({ value }: Env): string => encodeURIComponent(value)

checkSuite('postgres', {
  check: (port, policy) =>
    postgres({
      url: (given: Env) => `postgres://allclear:${inUrl(given)}@127.0.0.1:${port}/postgres`,
      ...policy,
    }),
  start: async () => {
    const neon = await startNeon({ password: SECRET })
    await neon.ready()
    return neon
  },
  echo: (message, _, response) => sendJson(response, 400, { code: 'XX000', message }),
})

checkSuite('redis', {
  check: (port, policy) =>
    redis({ url: `http://127.0.0.1:${port}`, token: ({ value }: Env) => value, ...policy }),
  start: () => startUpstash({ token: SECRET }),
  echo: (error, _, response) => sendJson(response, 400, { error }),
})

checkSuite('http', {
  check: (port, policy) =>
    http({
      url: (given: Env) => `http://user:${inUrl(given)}@127.0.0.1:${port}/healthz?key=${inUrl(given)}`,
      headers: { 'x-token': ({ value }: Env) => value },
      body: { json: { path: 'status', equals: 'ok' } },
      ...policy,
    }),
  start: () => startService(),
  echo: (words, _, response) => void response.writeHead(500, words).end(words),
})

checkSuite('disk with url', {
  check: (port, policy) =>
    disk({
      url: (given: Env) => `http://user:${inUrl(given)}@127.0.0.1:${port}/metrics`,
      degraded: 100,
      unhealthy: 100,
      ...policy,
    }),
  start: () => startExporter(),
  echo: (words, _, response) => void response.end(`${words}\n`),
})

checkSuite('custom', {
  check: (port, policy) =>
    custom(async ({ env: { value }, signal, secret }) => {
      const headers = { authorization: `Bearer ${secret(value)}` }
      const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers, signal })
      if (!response.ok) throw new Error(await response.text())
      await response.body?.cancel()
    }, policy),
  start: () => startService(),
  echo: (words, _, response) => void response.writeHead(500).end(words),
  without: {
    refused: 'a throw of its function is an error, whatever it is of',
    garbage: 'its function alone judges the answer',
    redirect: 'its function alone decides',
  },
})

const FULL = { size: 100, available: 90 }
const machineOf = (diskUsage: Machine['diskUsage'] & {}): Machine => ({ diskUsage })

localCheckSuite('disk with path', {
  check: (policy) => disk({ path: ({ value }: Env) => `/data/${value}`, ...policy }),
  ok: machineOf(async () => FULL),
  hanging: machineOf(() => new Promise(() => {})),
  echo: machineOf(async (path) => {
    throw new Error(`ENOENT: no such file or directory, statfs '${path}'`)
  }),
  without: {
    refused: 'it opens no connection',
    garbage: 'a filesystem answers with numbers',
    redirect: 'it asks nobody but this machine',
    'end with the signal': 'statfs takes no signal, so its promise is left behind',
  },
})

import { parseArgs } from 'node:util'
import { type Demo, startDemo } from './demo.ts'

const MODES = {
  down: 'refuses',
  slow: 'answers late',
  hang: 'never answers',
  wrong: 'answers wrongly',
} as const

function portOf(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { port: { type: 'string', default: '8787' } } })
  const port = Number(values.port)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new Error(`--port: expected a port number from 0 to 65535, received ${JSON.stringify(values.port)}`)
}

function guide({ url, control, dependencies, redisEngine }: Demo): string {
  const breaks = Object.keys(dependencies).map((name) => {
    const lines = Object.entries(MODES).map(
      ([mode, does]) => `    curl -X POST ${control}/${name}/${mode.padEnd(6)} # ${does}`,
    )
    return [`  ${name}`, ...lines, `    curl -X POST ${control}/${name}/mend   # answers again`].join('\n')
  })
  return `
Allclear checks a Postgres (PGlite), a Redis (${redisEngine}), an HTTP service and this machine's disk.

  ${url}/readyz    the report      curl -i ${url}/readyz
  ${url}/healthz   liveness
  ${url}/startupz  startup
  ${url}/metrics   Prometheus text
  With -H 'Authorization: Bearer demo' the report tells why a check failed.

Break a dependency, then mend it (results are fresh for 5 s; after 3 failed rounds the breaker opens for 30 s):

${breaks.join('\n')}

Ctrl-C ends everything.
`
}

async function main(): Promise<void> {
  const demo = await startDemo({ port: portOf(process.argv.slice(2)) })
  const stop = (): void => {
    demo.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  // A second signal does not wait.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(130))
      stop()
    })
  }
  console.log(guide(demo))
}

function fail(error: unknown): void {
  console.error(`allclear: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

main().catch(fail)

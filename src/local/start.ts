import { parseArgs } from 'node:util'
import { REGIONS, type Region } from '../core/region.ts'
import { type Demo, type DemoOptions, startDemo } from './demo.ts'

const MODES = {
  down: 'refuses',
  slow: 'answers late',
  hang: 'never answers',
  wrong: 'answers wrongly',
} as const

function optionsOf(args: readonly string[]): Required<DemoOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8787' },
      'control-port': { type: 'string', default: '8788' },
      regions: { type: 'string', default: '' },
    },
  })
  const port = portOf('--port', values.port)
  const controlPort = portOf('--control-port', values['control-port'])
  if (port === controlPort && port !== 0) throw new Error(`--port and --control-port: both are ${port}`)
  const regions = values.regions.split(',').filter((region) => region !== '')
  const unknown = regions.find((region) => !REGIONS.some((known) => known === region))
  if (unknown !== undefined) {
    throw new Error(`--regions: no region is named ${JSON.stringify(unknown)}; known: ${REGIONS.join(', ')}`)
  }
  if (new Set(regions).size < regions.length) throw new Error('--regions: a region stands there twice')
  return { port, controlPort, regions: regions as Region[] }
}

function portOf(flag: string, text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  throw new Error(`${flag}: expected a port number from 0 to 65535, received ${JSON.stringify(text)}`)
}

function regionalGuide({ url, control }: Demo, [first, ...others]: readonly string[]): string {
  if (first === undefined) return ''
  const region = others.at(-1) ?? first
  return `
One region that sees the catalog down, which is neither hidden nor an outage:
    curl -X POST '${control}/catalog/down?region=${region}'
    curl '${url}/readyz?region=${region}'
    curl '${url}/readyz?view=nearest'
`
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
`
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2))
  const demo = await startDemo(options)
  const stop = (): void => {
    demo.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Miniflare's own handlers would exit before the dependencies have ended.
    process.removeAllListeners(signal)
    process.once(signal, () => {
      // A second signal ends the process at once.
      process.once(signal, () => process.exit(130))
      stop()
    })
  }
  console.log(guide(demo) + regionalGuide(demo, options.regions))
  console.log('Ctrl-C ends everything.')
}

function fail(error: unknown): void {
  console.error(`allclear: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

main().catch(fail)

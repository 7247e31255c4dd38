import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inCi } from '../ci.ts'
import { startWorker } from '../harness.ts'
import { mustRun, run } from '../run.ts'

const ROOT = join(import.meta.dirname, '../..')
const MODULES = join(ROOT, 'node_modules')
const { name, version, sideEffects, exports, peerDependencies } = JSON.parse(
  await readFile(join(ROOT, 'package.json'), 'utf8'),
)

/** The oldest supported versions. They are only fetched where a missing tool fails the tests. */
const OLDEST = '22.12.0'
const OLDEST_HONO: string = peerDependencies.hono.replace('^', '')
/** A function that each door exports. */
const EXPORTED: Readonly<Record<string, string>> = {
  '.': 'defineHealth',
  './lambda': 'onLambda',
  './node': 'onNode',
  './fetch': 'onFetch',
}

const isOldest = inCi && process.platform === 'linux'

let house: string
/** An empty project in which the packed package is installed. */
let project: string
/** The path of the Node that runs the tests of the package. */
let node: string
let packed: readonly string[]

beforeAll(async () => {
  house = await realpath(await mkdtemp(join(tmpdir(), 'allclear-pack-')))
  project = join(house, 'project')
  const tarball = await pack(join(house, 'repository'))
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  const oldest = `node-${process.platform}-${process.arch}`
  const also = isOldest ? [`${oldest}@${OLDEST}`] : []
  await install(tarball, ...also)
  node = isOldest ? join(project, 'node_modules', oldest, 'bin/node') : process.execPath
  for (const [file, text] of Object.entries(await filesOfProject()))
    await writeFile(join(project, file), text)
}, 120_000)

afterAll(() => rm(house, { recursive: true, force: true }))

describe('the package', () => {
  test('holds what is built, and nothing that was built before', () => {
    const others = ['LICENSE', 'README.md', 'package.json']
    expect(packed.filter((path) => !path.startsWith('dist/'))).toEqual(others)
    expect(packed).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli.js']))
    expect(packed).not.toContain('dist/stale.js')
    expect(packed.filter((path) => /local|health\.config|worker\.|\.map$/.test(path))).toEqual([])
  })

  test('has a door for each module that the contract names, and nothing that happens at an import', () => {
    expect(Object.keys(exports)).toEqual(['.', './cloudflare', './lambda', './node', './fetch'])
    expect(sideEffects).toBe(false)
  })

  test('brings nothing that has to be compiled or set up', async () => {
    const { packages } = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'))
    expect(Object.keys(packages).filter((path) => packages[path].hasInstallScript)).toEqual([])
  })

  test('has one hono, so that the routes mount in the app of whoever installs it', async () => {
    await expect(stat(join(project, 'node_modules/hono'))).resolves.toBeDefined()
    await expect(stat(join(project, 'node_modules', name, 'node_modules'))).rejects.toThrow('ENOENT')
  })
})

describe.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('with module %s and moduleResolution %s', (module, moduleResolution) => {
  // The types of no platform are loaded, and every library is checked.
  const strict = {
    module,
    moduleResolution,
    target: 'es2023',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  }

  test("the README example and every door but Cloudflare's type-check with nothing else installed", async () => {
    expect(
      await typeCheck({ ...strict, types: [] }, ['health.config.ts', 'fetch.ts', 'lambda.ts', 'node.ts']),
    ).toBe('')
  })

  test("Cloudflare's door type-checks with Cloudflare's types", async () => {
    const types = [join(MODULES, '@cloudflare/workers-types')]
    expect(await typeCheck({ ...strict, lib: ['es2024'], types }, ['worker.ts'])).toBe('')
  })
})

test('a Worker compiles with the types that wrangler writes for it, and no library is left unchecked', async () => {
  const hosts = await readFile(join(ROOT, 'docs/hosts.md'), 'utf8')
  const [worker = ''] = blocks(hosts, 'ts').filter((block) => block.startsWith('// worker.ts'))
  const [needs = ''] = blocks(hosts, 'toml')
  const folder = join(project, 'typed')
  await mkdir(folder)
  await writeFile(
    join(folder, 'wrangler.toml'),
    `name = "shop"\nmain = "worker.ts"\ncompatibility_date = "2026-10-30"\n${needs}`,
  )
  await writeFile(join(folder, 'worker.ts'), worker)
  await writeFile(
    join(folder, 'health.config.ts'),
    `import { custom, defineHealth } from 'allclear'
    const it = custom<Env>(async ({ env }) => void (await env.CELL.getByName('auto').settled(0)))
    export default defineHealth<Env>({ checks: { it } })`,
  )
  const wrangler = join(MODULES, 'wrangler/bin/wrangler.js')
  await mustRun(process.execPath, [wrangler, 'types', '--include-runtime=false'], { cwd: folder })
  const options = { module: 'esnext', moduleResolution: 'bundler', target: 'es2023', strict: true }
  const types = [join(MODULES, '@cloudflare/workers-types')]
  const files = ['typed/worker.ts', 'typed/worker-configuration.d.ts']
  expect(
    await typeCheck({ ...options, lib: ['es2024'], types, skipLibCheck: false, noEmit: true }, files),
  ).toBe('')
})

describe('installed in an empty project', () => {
  beforeAll(async () => {
    // The oldest hono is installed only now, because its types conflict with those of Cloudflare.
    if (isOldest) await install(`hono@${OLDEST_HONO}`)
    const options = { module: 'nodenext', target: 'es2023', strict: true, skipLibCheck: true, types: [] }
    expect(await typeCheck({ ...options, outDir: 'out' }, ['fetch.ts', 'lambda.ts', 'node.ts'])).toBe('')
  })

  test.runIf(isOldest)('it has the oldest Node and the oldest hono that it is for', async () => {
    expect(await mustRun(node, ['--version'])).toBe(`v${OLDEST}\n`)
    const hono = await readFile(join(project, 'node_modules/hono/package.json'), 'utf8')
    expect(JSON.parse(hono).version).toBe(OLDEST_HONO)
  })

  test.each(['fetch', 'lambda', 'node'])('the README example runs through the door %s', async (door) => {
    const printed = await mustRun(node, [`out/${door}.js`], { cwd: project })
    expect(JSON.parse(printed)).toEqual([200, '{"status":"healthy"}'])
  })

  test('the README example runs in a Worker, bundled from the package', async () => {
    const worker = await startWorker(join(project, 'worker.ts'))
    try {
      const response = await worker.fetch('/healthz')
      expect([response.status, await response.text()]).toEqual([200, '{"status":"healthy"}'])
      expect((await worker.fetch('/readyz/postgres')).status).toBe(503)
    } finally {
      await worker.close()
    }
  })

  describe('required by CommonJS', () => {
    // Cloudflare's is for bundlers alone: it needs a module that only Workers have.
    const doors = Object.keys(exports).filter((door) => door !== './cloudflare')

    test.each(doors)('the door %s gives what it exports', async (door) => {
      const specifier = name + door.slice(1)
      const script = `const { ${EXPORTED[door]}: it } = require('${specifier}'); console.log(typeof it)`
      expect(await mustRun(node, ['--input-type=commonjs', '-e', script], { cwd: project })).toBe(
        'function\n',
      )
    })

    test('a script defines and answers', async () => {
      const printed = await mustRun(node, ['script.cjs'], { cwd: project })
      expect(JSON.parse(printed)).toEqual([200, '{"status":"healthy"}'])
    })

    test('a module in TypeScript type-checks', async () => {
      const options = { module: 'nodenext', target: 'es2023', strict: true, skipLibCheck: false, types: [] }
      expect(await typeCheck({ ...options, noEmit: true }, ['module.cts'])).toBe('')
    })

    test.skipIf(!existsSync(join(MODULES, '@nestjs/platform-express')))(
      'a NestJS app mounts it',
      async () => {
        const printed = await mustRun(node, ['nest.cjs'], { cwd: project, env: { NODE_PATH: MODULES } })
        expect(JSON.parse(printed)).toEqual([200, '{"status":"healthy"}', 200, 'my shop', 503])
      },
    )

    test('a bundler makes CommonJS of it', async () => {
      const outfile = join(project, 'bundled.cjs')
      const entryPoints = [join(project, 'script.cjs')]
      await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs' })
      expect(JSON.parse(await mustRun(node, [outfile]))).toEqual([200, '{"status":"healthy"}'])
    })
  })

  describe('npx allclear', () => {
    const allclear = (...args: string[]) =>
      run('npx', ['--no-install', name, ...args], {
        cwd: project,
        env: { PATH: pathOf(node), npm_config_loglevel: 'error' },
      })

    test('says its version', async () => {
      expect(await allclear('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
    })

    test('checks what a config in TypeScript says', async () => {
      const { code, stdout, stderr } = await allclear('check', '--config', 'own.config.ts', '--json')
      expect([code, stderr]).toEqual([2, ''])
      expect(JSON.parse(stdout)).toMatchObject({
        status: 'degraded',
        checks: { jobs: { detail: '91 jobs waiting' } },
      })
    })
  })
})

/** Packs a copy of the repository, because the build of `npm pack` would disturb other tests in the original. */
async function pack(copy: string): Promise<string> {
  await mkdir(join(copy, 'dist'), { recursive: true })
  await writeFile(join(copy, 'dist/stale.js'), '')
  for (const path of [
    'LICENSE',
    'README.md',
    'package.json',
    'src',
    'tsconfig.build.json',
    'tsconfig.json',
  ]) {
    await cp(join(ROOT, path), join(copy, path), { recursive: true })
  }
  await symlink(MODULES, join(copy, 'node_modules'), 'junction')
  const printed = await mustRun('npm', ['pack', '--json', '--pack-destination', house], { cwd: copy })
  // The output of the build comes first.
  const [{ filename, files }] = JSON.parse(printed.slice(printed.search(/^\[/m)))
  packed = files.map(({ path }: { path: string }) => path)
  return join(house, filename)
}

async function install(...packages: readonly string[]): Promise<void> {
  await mustRun('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], {
    cwd: project,
  })
}

/** The files of the README's example, with a few more lines for each door. */
async function filesOfProject(): Promise<Record<string, string>> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const [example = ''] = blocks(readme, 'ts')
  const worker = blocks(readme, 'ts').find((block) => block.startsWith('// src/worker.ts')) ?? ''
  const env =
    'interface Env { DATABASE_URL: string; UPSTASH_REDIS_REST_URL: string; UPSTASH_REDIS_REST_TOKEN: string }'
  const health = "import health from './health.config.js'"
  const print = (answer: string): string => `console.log(JSON.stringify(${answer}))`
  return {
    'health.config.ts': `${example}\n${env}\n`,
    'worker.ts': worker.replace("'./health.config'", "'./health.config.js'"),
    'fetch.ts': `
      import { onFetch } from 'allclear/fetch'
      ${health}
      const { fetch } = onFetch(health, { env: { DATABASE_URL: '', UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' } })
      const response: Response = await fetch(new Request('http://localhost/healthz'))
      ${print('[response.status, await response.text()]')}`,
    'lambda.ts': `
      import { onLambda } from 'allclear/lambda'
      ${health}
      import own from './own.config.js'
      export const handler = onLambda(health)
      const http = { method: 'GET', path: '/healthz', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' }
      const requestContext = { http, stage: '$default', domainName: 'x.lambda-url.eu-west-1.on.aws' }
      const event = { version: '2.0', rawPath: '/healthz', rawQueryString: '', headers: {}, requestContext }
      const answer = await handler(event, { getRemainingTimeInMillis: () => 3000 })
      const accept = 'application/openmetrics-text'
      const metrics = await onLambda(own)({ ...event, rawPath: '/metrics', headers: { accept } })
      if (!metrics.body.endsWith('# EOF\\n')) throw new Error('the metrics do not come as text')
      ${print('[answer.statusCode, answer.body]')}`,
    'node.ts': `
      import { onNode } from 'allclear/node'
      ${health}
      const { url, close } = await onNode(health, { port: 0 })
      const response = await fetch(url + '/healthz')
      ${print('[response.status, await response.text()]')}
      await close()`,
    'script.cjs': `
      const { custom, defineHealth } = require('allclear')
      const { onFetch } = require('allclear/fetch')
      const { fetch } = onFetch(defineHealth({ checks: { it: custom(async () => {}) } }))
      fetch(new Request('http://localhost/healthz')).then(async (response) => {
        ${print('[response.status, await response.text()]')}
      })`,
    // Decorators as the functions that they are.
    'nest.cjs': `
      require('reflect-metadata')
      const { Controller, Get, Module } = require('@nestjs/common')
      const { NestFactory } = require('@nestjs/core')
      const { custom, defineHealth } = require('allclear')
      const { mountNode } = require('allclear/node')
      class Shop { name() { return 'my shop' } }
      Get()(Shop.prototype, 'name', Object.getOwnPropertyDescriptor(Shop.prototype, 'name'))
      Controller()(Shop)
      class App {}
      Module({ controllers: [Shop] })(App)
      async function main() {
        const { listener, leave, close } = mountNode(defineHealth({ checks: { it: custom(async () => {}) } }))
        const app = await NestFactory.create(App, { logger: false })
        app.use('/health', listener)
        await app.listen(0, '127.0.0.1')
        const url = await app.getUrl()
        const health = await fetch(url + '/health/livez')
        const shop = await fetch(url)
        leave()
        const { status } = await fetch(url + '/health/readyz')
        ${print('[health.status, await health.text(), shop.status, await shop.text(), status]')}
        await app.close()
        await close()
      }
      main()`,
    'module.cts': `
      import { custom, defineHealth } from 'allclear'
      import { onLambda } from 'allclear/lambda'
      import lambda = require('allclear/lambda')
      export const handler: lambda.LambdaHandler = onLambda(defineHealth({ checks: { it: custom(async () => {}) } }))`,
    'own.config.ts': `
      import { custom, defineHealth } from 'allclear'
      interface Env { readonly JOBS?: string }
      const jobs = custom<Env>(async ({ env }) => ({ status: 'degraded', detail: (env.JOBS ?? 91) + ' jobs waiting' }))
      export default defineHealth<Env>({ checks: { jobs } })`,
  }
}

function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  )
}

/** The messages of the compiler about files of the project. */
async function typeCheck(compilerOptions: object, files: readonly string[]): Promise<string> {
  const config = join(project, 'tsconfig.json')
  await writeFile(config, JSON.stringify({ compilerOptions, files }))
  const tsc = join(MODULES, 'typescript/bin/tsc')
  return (await run(node, [tsc, '-p', config], { cwd: project })).stdout
}

function pathOf(command: string): string {
  return dirname(command) + delimiter + process.env['PATH']
}

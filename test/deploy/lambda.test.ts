import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import health from '../../src/health.config.ts'
import { mustRun } from '../run.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

const { scripts, devDependencies } = JSON.parse(await read('package.json'))
const [, outfile = ''] = /--outfile=(\S+)/.exec(scripts['build:lambda']) ?? []

/** The short forms of CloudFormation's functions. */
const customTags = ['Ref', 'Sub', 'GetAtt'].map((name) => ({
  tag: `!${name}`,
  resolve: (value: string) => ({ [name]: value }),
}))
const document = parseDocument(await read('deploy/lambda.yaml'), { customTags, uniqueKeys: true })
const template = document.toJS()
const { Properties: lambda } = template.Resources.Health

describe('the template', () => {
  test('has no fault in its YAML, and leads nowhere that is not in it', () => {
    expect([...document.errors, ...document.warnings]).toEqual([])
    // SAM adds the function's URL as a resource.
    const known = [...Object.keys(template.Parameters), ...Object.keys(template.Resources), 'HealthUrl']
    const named = referencesIn(template)
    expect(named).toEqual(expect.arrayContaining(['HealthUrl', 'Logs', 'SecretName']))
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })

  test('is of SAM, and has a function and its log', () => {
    expect(template.Transform).toBe('AWS::Serverless-2016-10-31')
    expect(template.Resources).toMatchObject({
      Health: { Type: 'AWS::Serverless::Function' },
      Logs: { Type: 'AWS::Logs::LogGroup' },
    })
  })

  test('deploys what the script builds', () => {
    expect(join('deploy', lambda.CodeUri)).toBe(dirname(outfile))
    expect(lambda.Handler).toBe(`${basename(outfile, '.mjs')}.handler`)
  })

  test('has a function URL, arm64, and the Node that all is tested with', () => {
    const [major] = devDependencies.node.split('.')
    expect(lambda.FunctionUrlConfig).toEqual({ AuthType: 'NONE' })
    expect(lambda.Architectures).toEqual(['arm64'])
    expect(lambda.Runtime).toBe(`nodejs${major}.x`)
    expect(scripts['build:lambda']).toContain(` --target=node${major} `)
  })

  test('leaves more time than a poll may take', () => {
    expect(lambda.Timeout * 1000).toBeGreaterThan(health.deadlineMs)
  })

  test('hands on all that the definition reads, each from the secret', async () => {
    const names = [...(await read('src/health.config.ts')).matchAll(/\benv\.([A-Z_]+)/g)].map(
      ([, name]) => name,
    )
    const state = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']
    const variables: Record<string, unknown> = lambda.Environment.Variables
    expect(new Set(Object.keys(variables))).toEqual(new Set([...names, ...state, 'ALLCLEAR_TOKEN']))
    for (const [name, value] of Object.entries(variables)) {
      expect(value).toEqual({ Sub: `{{resolve:secretsmanager:\${SecretName}:SecretString:${name}}}` })
    }
  })
})

describe('the bundle', () => {
  let house: string
  let bundle: string

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), 'allclear-lambda-'))
    bundle = join(house, basename(outfile))
    await mustRun('npm', ['run', 'build:lambda', '--', `--outfile=${bundle}`], { cwd: ROOT })
  })

  afterAll(() => rm(house, { recursive: true, force: true }))

  test('is at most 150 kB, compressed', async () => {
    expect(gzipSync(await readFile(bundle)).length / 1000).toBeLessThanOrEqual(150)
  })

  test('is all that the function needs to answer', async () => {
    const paths = ['/livez', '/readyz', '/metrics', '/nowhere']
    const script = `
      const { handler } = await import(${JSON.stringify(bundle)})
      const answers = []
      for (const path of ${JSON.stringify(paths)}) {
        const http = { method: 'GET', path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' }
        const requestContext = { http, stage: '$default', domainName: 'x.lambda-url.eu-west-1.on.aws' }
        const event = { version: '2.0', rawPath: path, rawQueryString: '', headers: {}, requestContext }
        answers.push(await handler(event, { getRemainingTimeInMillis: () => ${lambda.Timeout * 1000} }))
      }
      console.log(JSON.stringify(answers.map(({ statusCode }) => statusCode)))`
    const answers = await mustRun(process.execPath, ['--input-type=module', '-e', script], { cwd: house })
    expect(JSON.parse(answers)).toEqual([200, 503, 200, 404])
  })
})

/** The names that `!Ref`, `!GetAtt` and `!Sub` refer to. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner !== 'string') return referencesIn(inner)
    if (key === 'Ref') return [inner]
    if (key === 'GetAtt') return inner.split('.').slice(0, 1)
    return key === 'Sub' ? [...inner.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '') : []
  })
}

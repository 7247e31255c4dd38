import { assertType, expectTypeOf, test } from 'vitest'
import { type Method, type Plugin, type ReaderContext, custom, defineHealth } from '../../src/index.ts'

interface Env {
  readonly HOOK_URL: string
}

const plugin: Plugin = { name: 'any', options: {}, entries: {} }
const ofEnv: Plugin<Env> = {
  ...plugin,
  readers: [{ path: '/hook', answer: ({ env }) => ({ body: env.HOOK_URL }) }],
}
const checks = { it: custom(async () => {}) }

test('a plugin that asks nothing of env fits any definition', () => {
  assertType(defineHealth<Env>({ checks, plugins: [plugin] }))
})

test('a plugin fits a definition with the env that it wants, and no other', () => {
  assertType(defineHealth<Env>({ checks, plugins: [ofEnv] }))
  // @ts-expect-error -- this env has no HOOK_URL
  assertType(defineHealth<{ readonly OTHER: string }>({ checks, plugins: [ofEnv] }))
})

test('a reader is handed env as the plugin declares it', () => {
  expectTypeOf<ReaderContext<Env>['env']>().toEqualTypeOf<Env>()
})

test('a reader takes no method but those that it can be asked by', () => {
  expectTypeOf<'TRACE'>().not.toExtend<Method>()
  expectTypeOf<'PUT'>().toExtend<Method>()
})

import { expectTypeOf, test } from 'vitest'
import type { Check, CheckContext, Outcome, Policy, Value } from '../../src/core/check.ts'
import { type Health, type HealthCheck, type HealthOptions, defineHealth } from '../../src/core/define.ts'
import type { Region } from '../../src/core/region.ts'
import type { Report, report } from '../../src/core/report.ts'
import type { Status } from '../../src/core/status.ts'

interface Env {
  readonly DATABASE_URL: string
}

interface MoreEnv extends Env {
  readonly TOKEN: string
}

declare const check: Check<Env>
declare const checkOfAnything: Check<unknown>
declare const checkOfMore: Check<MoreEnv>

test('a definition is of its env', () => {
  expectTypeOf(defineHealth<Env>({ checks: { check } })).toEqualTypeOf<Health<Env>>()
  expectTypeOf(defineHealth({ checks: { check } })).toEqualTypeOf<Health<Env>>()
  expectTypeOf(defineHealth({ checks: { checkOfAnything } })).toEqualTypeOf<Health<unknown>>()
})

test('a check that needs nothing of env goes with every env, one that needs more does not', () => {
  expectTypeOf(checkOfAnything).toExtend<Check<Env>>()
  expectTypeOf(checkOfMore).not.toExtend<Check<Env>>()
  expectTypeOf<HealthCheck<MoreEnv>>().not.toExtend<HealthCheck<Env>>()
  defineHealth<Env>({ checks: { check, checkOfAnything } })
  // @ts-expect-error its probe wants TOKEN, too
  defineHealth<Env>({ checks: { checkOfMore } })
})

test('a probe is handed the env of the definition', () => {
  expectTypeOf<Parameters<HealthCheck<Env>['probe']>>().toEqualTypeOf<[CheckContext<Env>]>()
  expectTypeOf<CheckContext<Env>['env']>().toEqualTypeOf<Env>()
  expectTypeOf<ReturnType<HealthCheck<Env>['probe']>>().toEqualTypeOf<Promise<Outcome | Status | void>>()
})

test('what takes a health of any env takes each', () => {
  expectTypeOf<Health<Env>>().toExtend<Health<never>>()
  expectTypeOf<Health<unknown>>().toExtend<Health<Env>>()
  expectTypeOf<Health<Env>>().not.toExtend<Health<unknown>>()
  expectTypeOf<Parameters<typeof report>[0]>().toEqualTypeOf<Health<never>>()
})

test('only the checks must be given', () => {
  type RequiredOptions = {
    [
      Key in keyof HealthOptions<Env> as Record<never, never> extends Pick<HealthOptions<Env>, Key>
        ? never
        : Key
    ]: true
  }
  expectTypeOf<RequiredOptions>().toEqualTypeOf<{ readonly checks: true }>()
  // @ts-expect-error no checks
  defineHealth<Env>({})
})

test('every default is filled in', () => {
  expectTypeOf<Health<Env>['ttlMs']>().toEqualTypeOf<number>()
  expectTypeOf<Health<Env>['regions']>().toEqualTypeOf<readonly Region[]>()
  expectTypeOf<Policy['breaker']>().not.toExtend<undefined>()
  expectTypeOf<Policy['degradedAboveMs']>().toEqualTypeOf<number | undefined>()
})

test('a secret is a function of env, or a string', () => {
  expectTypeOf<HealthOptions<Env>['token']>().toEqualTypeOf<Value<Env, string> | undefined>()
  defineHealth<Env>({ checks: { check }, token: ({ DATABASE_URL }) => DATABASE_URL })
  // @ts-expect-error there is no such thing in env
  defineHealth<Env>({ checks: { check }, token: (env) => env.TOKEN })
})

test('what is misspelled or out of range of its words is refused', () => {
  // @ts-expect-error ttlMS
  defineHealth<Env>({ checks: { check }, ttlMS: 5000 })
  // @ts-expect-error no such region
  defineHealth<Env>({ checks: { check }, regions: ['mars'] })
  // @ts-expect-error no such quorum
  defineHealth<Env>({ checks: { check }, quorum: 'most' })
  // @ts-expect-error no check
  defineHealth<Env>({ checks: { check: async () => {} } })
})

test('a report is read, never written', () => {
  expectTypeOf<Report['checks']>().toExtend<readonly unknown[]>()
  expectTypeOf<Report['checks']>().not.toExtend<unknown[]>()
  expectTypeOf<Report['status']>().toEqualTypeOf<'healthy' | 'degraded' | 'unhealthy' | 'unknown'>()
})

export { custom } from './checks/custom.ts'
export { type DiskOptions, disk } from './checks/disk.ts'
export { type HttpOptions, http } from './checks/http.ts'
export { type PostgresOptions, type PostgresPool, postgres } from './checks/postgres.ts'
export { type RedisClient, type RedisOptions, redis } from './checks/redis.ts'
export type { BodyExpectation } from './checks/expect-body.ts'
export type { StatusExpectation } from './checks/expect-status.ts'
export type { Json } from './checks/json.ts'
export { ConfigError, type ConfigFault } from './core/config-error.ts'
export { defineHealth } from './core/define.ts'
export type { BreakerPhase, BreakerPolicy } from './core/breaker.ts'
export type { Finding } from './core/finding.ts'
export type {
  Answer,
  Format,
  Method,
  Plugin,
  Reader,
  ReaderContext,
  Rendered,
  Subject,
} from './core/plugin.ts'
export type { CheckReport, RegionReport, Report } from './core/report.ts'
export type {
  Check,
  CheckContext,
  Machine,
  Observed,
  Outcome,
  Outgoing,
  PolicyOptions,
  ProbeName,
  Reply,
  Send,
  Value,
} from './core/check.ts'
export type { Health, HealthOptions, Quorum, Service } from './core/define.ts'
export type { Region } from './core/region.ts'
export type { Status } from './core/status.ts'

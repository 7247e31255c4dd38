import type { ObjectEntries } from 'valibot'
import type { Health } from './define.ts'
import type { CheckReport, RegionReport, Report } from './report.ts'
import type { Status } from './status.ts'

/**
 * An addition that not everybody needs: a value that a factory gives, as a check is. It costs bytes only where it is
 * imported, and `defineHealth` judges its options.
 *
 * @example
 * ```ts
 * import type { Plugin } from 'allclear'
 *
 * export function hello(): Plugin {
 *   return {
 *     name: 'hello',
 *     options: {},
 *     entries: {},
 *     readers: [{ path: '/hello', answer: async ({ report }) => ({ body: { hello: (await report()).status } }) }],
 *   }
 * }
 * ```
 */
export interface Plugin<Env = unknown> {
  /** Letters, digits and `-`. Faults of its options are told under it: `plugins.hello.greeting`. */
  readonly name: string
  /** The options as the user wrote them. */
  readonly options: object
  /** valibot schemas of the options; any other option is a fault. */
  readonly entries: ObjectEntries
  /** Names of the plugins that it cannot do without. Default none. */
  readonly needs?: readonly string[]
  /** Further renderings of the report, for `?format=NAME`. Default none. */
  readonly formats?: readonly Format[]
  /** Paths of its own. Default none. */
  readonly readers?: readonly Reader<Env>[]
}

/** One rendering of a report. It is pure: a subject in, bytes out. */
export interface Format {
  /** The word that asks for it: `?format=NAME` on `/readyz`, `/readyz/NAME` and `/startupz`. */
  readonly name: string
  /** Media types that ask for it in `Accept`, without parameters. Default none. */
  readonly mediaTypes?: readonly string[]
  readonly render: (subject: Subject) => Rendered
}

/** The subject of a request, as a format renders it. */
export interface Subject {
  /** The status that answers the question, and that the status code tells. */
  readonly status: Status
  /** Only the checks that were asked for are in it. */
  readonly report: Report
  /** The one check that was asked for, at `/readyz/NAME`. */
  readonly check?: CheckReport
  /** The one region that was asked for, by `?region=` or `?view=nearest`. */
  readonly region?: RegionReport
  /** Whether the caller bears the token, and may see `error` and `observed`. */
  readonly isPrivate: boolean
}

/** A rendering. */
export interface Rendered {
  /** The value of `Content-Type`. */
  readonly type: string
  readonly body: string
}

/** One path, and how it is answered. */
export interface Reader<Env = unknown> {
  /** With a name for each part that varies: `/badge/:name`. */
  readonly path: string
  /** Default `['GET']`. HEAD goes with GET; any other method is answered 405. */
  readonly methods?: readonly Method[]
  /** Whether a caller without the token gets 401. Default `false`. */
  readonly needsToken?: boolean
  /** Answers a request. What it throws is a 500 that tells nothing, and a line in the log. */
  readonly answer: (context: ReaderContext<Env>) => Answer | Promise<Answer>
}

/** The methods that a reader can take. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Handed to a reader with a request. */
export interface ReaderContext<Env = unknown> {
  readonly request: Request
  readonly env: Env
  readonly health: Health<never>
  /** A part of the path that varies, decoded; empty where the path has none of that name. */
  readonly param: (name: string) => string
  /** Every value of a query parameter, decoded. */
  readonly query: (name: string) => readonly string[]
  /** The report, with no more than a round a `ttlMs` behind it. */
  readonly report: () => Report | Promise<Report>
  /** Whether the caller bears the token. A wrong one is told in `WWW-Authenticate` of the answer. */
  readonly isPrivate: () => boolean | Promise<boolean>
}

/** An answer, before the headers that all have. */
export interface Answer {
  /** The status code. Default 200. */
  readonly code?: number
  /** The status that the answer tells, for the header `Allclear-Status`. Default none: it is not about health. */
  readonly status?: Status
  /** Beside the common ones, `Content-Type` among them. Default none. */
  readonly headers?: Readonly<Record<string, string>>
  /** The value of `Content-Type`. Default `application/json`. */
  readonly type?: string
  /** A text as it is; an object is written as JSON. */
  readonly body: string | object
}

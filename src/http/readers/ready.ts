import type { Health } from '../../core/define.ts'
import type { Answer, Format, Reader, ReaderContext } from '../../core/plugin.ts'
import { type CheckReport, type Report, select } from '../../core/report.ts'
import { answerOf } from '../codes.ts'
import { type Wish, wishOf } from '../negotiation.ts'
import { selection } from '../selection.ts'
import { viewOf } from '../view.ts'
import { when } from '../when.ts'

/** Formats to choose from, the default first. */
export type Formats = readonly [Format, ...Format[]]

export interface ReadyOptions {
  readonly formats: Formats
  /** Whether this process is about to end, so that nothing more should be sent to it. */
  readonly isLeaving: () => boolean
}

/** A question that a query asks, or why it cannot be answered. */
type Question =
  | { readonly refused: Answer }
  | (Wish & {
      readonly isWanted: (check: CheckReport) => boolean
      readonly region: string | undefined
    })

const LEAVING: Answer = {
  code: 503,
  status: 'unhealthy',
  headers: { 'Retry-After': '1' },
  body: { status: 'unhealthy', error: 'shutting down' },
}

/** Readiness of the whole, or of the checks and the region that a query chooses. */
export function ready(health: Health<never>, { formats, isLeaving }: ReadyOptions): Reader {
  const allAreReady = Object.values(health.checks).every(({ policy }) => policy.probes.includes('ready'))
  const whole: Question = {
    format: formats[0],
    failsDegraded: false,
    isWanted: ({ policy }) => policy.probes.includes('ready'),
    region: undefined,
  }
  const asksNothing = formats.length === 1 ? withoutQuery : () => false

  function render(
    full: Report,
    isPrivate: boolean,
    question: Exclude<Question, { refused: Answer }>,
  ): Answer {
    const report = question === whole && allAreReady ? full : select(full, question.isWanted)
    const region = report.regions.find((one) => one.region === question.region)
    const shown = region?.report ?? report
    const subject = { status: shown.status, report: shown, isPrivate, ...(region && { region }) }
    return answerOf(shown.status, question.format.render(subject), shown, question.failsDegraded)
  }

  return {
    path: '/readyz',
    answer: (context) => {
      if (isLeaving()) return LEAVING
      const question = asksNothing(context) ? whole : questionOf(context, formats)
      if ('refused' in question) return question.refused
      return when(context.report(), (full) =>
        when(context.isPrivate(), (isPrivate) => render(full, isPrivate, question)),
      )
    },
  }
}

function withoutQuery({ request }: ReaderContext): boolean {
  return !request.url.includes('?')
}

function questionOf(context: ReaderContext, formats: Formats): Question {
  const { health, query, request } = context
  const wish = wishOf(context, formats)
  if ('refused' in wish) return wish
  const selected = selection(health, query)
  const view = viewOf(health, query, (request as { cf?: object }).cf)
  const [fault] = [selected, view].flatMap((part) => ('error' in part ? [part.error] : []))
  if (fault !== undefined || 'error' in selected || 'error' in view) {
    return { refused: { code: 400, body: { error: fault } } }
  }
  return { ...wish, ...selected, ...view }
}

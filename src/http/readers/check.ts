import type { Health } from '../../core/define.ts'
import type { Reader } from '../../core/plugin.ts'
import { select } from '../../core/report.ts'
import { answerOf } from '../codes.ts'
import { wishOf } from '../negotiation.ts'
import { when } from '../when.ts'
import type { Formats } from './ready.ts'

/** Readiness of one check, by its own status. */
export function check(health: Health<never>, formats: Formats): Reader {
  return {
    path: '/readyz/:name',
    answer: (context) => {
      const name = context.param('name')
      if (!Object.hasOwn(health.checks, name)) {
        const known = Object.keys(health.checks).join(', ')
        return { code: 404, body: { error: `no check is named ${JSON.stringify(name)}; known: ${known}` } }
      }
      const wish = wishOf(context, formats)
      if ('refused' in wish) return wish.refused
      return when(context.report(), (full) =>
        when(context.isPrivate(), (isPrivate) => {
          const report = select(full, (candidate) => candidate.name === name)
          const [found] = report.checks
          if (found === undefined) throw new Error('a check of the definition is missing from its report')
          const { status } = found.finding
          const rendered = wish.format.render({ status, report, check: found, isPrivate })
          return answerOf(status, rendered, report, wish.failsDegraded)
        }),
      )
    },
  }
}

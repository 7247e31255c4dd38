import type { Answer, Format, Reader } from '../../core/plugin.ts'
import { type Report, select } from '../../core/report.ts'
import type { Status } from '../../core/status.ts'
import { answerOf } from '../codes.ts'
import { wishOf } from '../negotiation.ts'
import { when } from '../when.ts'
import type { Formats } from './ready.ts'

const STARTED: Answer = { status: 'healthy', body: '{"status":"healthy"}' }

/** Startup: once it is healthy it stays so, and asks nobody any more. */
export function startup(formats: Formats): Reader {
  let hasStarted = false

  function render(full: Report, isPrivate: boolean, format: Format): Answer {
    const counted = select(full, ({ policy }) => policy.probes.includes('startup'))
    const failed = counted.status === 'unhealthy' ? 'unhealthy' : 'unknown'
    const status: Status = hasStarted ? 'healthy' : failed
    return answerOf(status, format.render({ status, report: { ...counted, status }, isPrivate }), full, false)
  }

  return {
    path: '/startupz',
    answer: (context) => {
      const wish = wishOf(context, formats)
      if ('refused' in wish) return wish.refused
      const { format } = wish
      const isBare = format === formats[0]
      if (hasStarted && isBare) return STARTED
      return when(context.report(), (full) => {
        hasStarted ||= full.startedUp
        if (hasStarted && isBare) return STARTED
        return when(context.isPrivate(), (isPrivate) => render(full, isPrivate, format))
      })
    },
  }
}

import type { Format } from '../core/plugin.ts'
import type { Report } from '../core/report.ts'
import { type MetricFamily, familiesOf } from './metric-families.ts'

/**
 * The report as metrics: in OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), or else in
 * Prometheus text 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * Nothing in the metrics ages, and the checks of a report that a process keeps are the same objects from scrape to
 * scrape: they are rendered once.
 *
 * @param prefix the first word of every metric.
 */
export function metricsFormat(prefix: string, isOpen: boolean): Format {
  const texts = new WeakMap<Report['checks'], string>()
  const [mediaType, version] = isOpen ? ['application/openmetrics-text', '1.0.0'] : ['text/plain', '0.0.4']
  return {
    name: isOpen ? 'openmetrics' : 'prometheus',
    mediaTypes: [mediaType],
    render: ({ report }) => {
      const body = texts.get(report.checks) ?? textOf(report, prefix, isOpen)
      texts.set(report.checks, body)
      return { type: `${mediaType}; version=${version}; charset=utf-8`, body }
    },
  }
}

function textOf(report: Report, prefix: string, isOpen: boolean): string {
  const rendered = familiesOf(report, isOpen).map((family) => render(family, prefix, isOpen))
  return rendered.join('') + (isOpen ? '# EOF\n' : '')
}

function render({ name, type, help, samples }: MetricFamily, prefix: string, isOpen: boolean): string {
  const full = `${prefix}_${name}`
  // In OpenMetrics `_total` belongs to a counter's sample, not to its family.
  const family = isOpen && type === 'counter' ? full.slice(0, -'_total'.length) : full
  const unit = isOpen && family.endsWith('_seconds') ? `# UNIT ${family} seconds\n` : ''
  let rendered = `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n${unit}`
  for (const { suffix = '', labels, value } of samples) {
    rendered += `${full}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}\n`
  }
  return rendered
}

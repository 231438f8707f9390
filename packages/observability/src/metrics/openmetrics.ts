import type { Format } from './types.ts'

/** A registry's text 0.0.4 in the wanted format. OpenMetrics has no blank lines, and names counters in another way. */
export function convertText(source: string, format: Format): string {
  const lines = source.split('\n').filter((line) => line !== '' && line !== '# EOF')
  if (format === 'text') return lines.map((line) => `${line}\n`).join('')

  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []))
  return lines.map((line) => `${openMetricsLine(line, counters)}\n`).join('')
}

/** The family of a counter has no `_total`, its samples have. */
function openMetricsLine(line: string, counters: ReadonlySet<string>): string {
  const comment = /^# (HELP|TYPE) (\S+)(.*)$/.exec(line)
  if (comment) {
    const [, kind, name = '', rest = ''] = comment
    const family = counters.has(name) ? name.replace(/_total$/, '') : name
    return `# ${kind} ${family}${rest.replace(/ untyped$/, ' unknown')}`
  }
  const name = /^[^{\s]+/.exec(line)?.[0] ?? ''
  const lacksTotal = counters.has(name) && !name.endsWith('_total')
  return lacksTotal ? `${name}_total${line.slice(name.length)}` : line
}

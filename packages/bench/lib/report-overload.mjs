// The section of results.md on load above what the service can do.
import { shown, table } from './table.mjs'

const kinds = {
  work: 'Work of the main thread, some two milliseconds a request',
  upstream: 'An upstream that works on twenty requests at a time, fifty milliseconds each',
  mixed: 'The same work; one request in four is of high priority, the others of low'
}
const percent = (share) => (share === undefined ? '–' : `${shown(share * 100)} %`)

export function overload({ capacity, seconds, deadline, rows }) {
  return [
    `Requests at random times, whether or not earlier ones are answered, for ${seconds} s; × is of what bare Fastify ` +
      `answers over 32 connections (${Object.entries(capacity)
        .map(([kind, rate]) => `${kind}: ${rate} a second`)
        .join(
          ', '
        )}). A client gives up after ${deadline} ms and closes its connection: "late". Goodput is answers in ` +
      'time, per second. p50 and p99 in ms, of those, the second p99 without the first two seconds; a probe every 100 ms, the slowest; "back" is when, after the load, ' +
      'a request is answered within a tenth of the deadline.',
    ...Object.entries(kinds).flatMap(([kind, title]) => [
      `${title}:`,
      table(
        [
          '',
          '×',
          'goodput',
          'p50',
          'p99',
          'p99 after 2 s',
          'rejected',
          'late',
          'important ones lost',
          'probe, ms',
          'back, ms'
        ],
        rows
          .filter((row) => row.kind === kind)
          .map((row) => [
            row.name,
            row.factor,
            shown(row.goodput, 0),
            shown(row.p50, 0),
            shown(row.p99, 0),
            shown(row.adaptedP99, 0),
            percent(row.shed),
            percent(row.late),
            percent(row.importantLost),
            shown(row.probeMs ?? undefined, 0),
            shown(row.backMs, 0)
          ])
      )
    ])
  ]
}

// The section of results.md on load above what the service can do.
import { shown, table } from './table.mjs'

const kinds = {
  work: 'Work of the main thread, four milliseconds a request',
  upstream: 'An upstream that works on twenty requests at a time, fifty milliseconds each',
  mixed: 'The same work; one request in four is of high priority, the others of low'
}
/** A probe that got no answer took forever, which JSON writes as null. */
const probeTime = ({ probeMs }) => (Number.isFinite(probeMs) ? shown(probeMs, 0) : 'no answer')
const percent = (share) => (share === undefined ? '–' : `${shown(share * 100)} %`)

export function overload({ seconds, secondsAtMost, deadline, rejection, rows }) {
  return [
    `Requests at random times, whether or not earlier ones are answered, for ${seconds} s, at 3 × for ${secondsAtMost} s; × is of what bare Fastify ` +
      `answers over 32 connections just before. A client gives up after ${deadline} ms and closes its connection: "late". ` +
      'Goodput is answers in time, as a share of that capacity. Shedding begins after a second of overload; so the second ' +
      'goodput, the second p99 (ms), the important requests that were lost and the slowest of the probes, one every 100 ms, ' +
      'are those after 2 s. "Back" is when, after the load, a request is answered within a tenth of the deadline.',
    `A rejected request costs ${shown(rejection.rejected, 0)} µs of CPU, a served one of "work" ` +
      `${shown(rejection.served, 0)}, one that bare Fastify serves without any work ${shown(rejection.empty, 0)}.`,
    ...Object.entries(kinds).flatMap(([kind, title]) => [
      `${title}:`,
      table(
        [
          '',
          '×',
          'goodput',
          'goodput after 2 s',
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
            percent(row.goodput / row.capacity),
            percent(row.adaptedGoodput / row.capacity),
            shown(row.p50, 0),
            shown(row.p99, 0),
            shown(row.adaptedP99, 0),
            percent(row.shed),
            percent(row.late),
            percent(row.importantLost),
            probeTime(row),
            shown(row.backMs, 0)
          ])
      )
    ])
  ]
}

// The sections of results.md beside instructions per request. What was not measured is not shown.
import { growth } from './report-growth.mjs'
import { overload } from './report-overload.mjs'
import { shown, table } from './table.mjs'

const rowsOf = (object, cells) => Object.entries(object).map(([name, value]) => [name, ...cells(value)])

const sections = {
  cpu: ['CPU per request', cpu],
  memory: ['Start-up and memory', memory],
  scrape: ['Scrapes', scrape],
  latency: ['Latency at a fixed rate', latency],
  growth: ['As work grows', growth],
  redis: ['Limits on Redis', redis],
  soak: ['Soak', soak],
  overload: ['Overload', overload],
  chaos: ['Chaos', chaos]
}

export const beside = (data) =>
  Object.entries(sections).flatMap(([name, [title, section]]) =>
    data[name] === undefined ? [] : [`## ${title}`, ...section(data[name])]
  )

function cpu(figures) {
  const bare = figures.bare?.microseconds
  const noise = Math.abs(figures['bare again']?.microseconds / bare - 1) * 100
  return [
    `Method 2. Two identical bare servers differed by ${shown(noise)} %: less than that means nothing.`,
    table(
      ['', 'µs', '× bare', 'of them on the main thread'],
      rowsOf(figures, ({ microseconds, mainMicroseconds }) => [
        shown(microseconds),
        shown(microseconds / bare, 2),
        shown(mainMicroseconds)
      ])
    )
  ]
}

function memory(figures) {
  const { recipe } = figures
  const ratio = (value, of) => (of ? ` (${shown(value / of, 2)})` : '')
  return [
    'From the start of the process until it listens: its CPU (median) and the shortest time. MB after garbage ' +
      'collection, idle and after load. In brackets: × the recipe; of CPU the median of the rounds. With a compile cache ' +
      '(`NODE_COMPILE_CACHE`), V8 has compiled the code in an earlier start.',
    table(
      ['', 'CPU ms', 'ms', 'RSS idle', 'heap idle', 'RSS after load', 'heap after load'],
      rowsOf(figures, (of) => [
        `${shown(of.startCpuMs, 0)}${recipe ? ` (${shown(of.startCpuToRecipe, 2)})` : ''}`,
        `${shown(of.startMs, 0)}${ratio(of.startMs, recipe?.startMs)}`,
        `${shown(of.idleMB)}${ratio(of.idleMB, recipe?.idleMB)}`,
        shown(of.idleHeapMB),
        shown(of.loadedMB),
        shown(of.loadedHeapMB)
      ])
    )
  ]
}

function scrape(results) {
  return [
    'Five statuses for each route. CPU of a scrape, and of the longest turn of the event loop while it ran; the least ' +
      'of twelve.',
    table(
      ['', 'routes', 'KB', 'CPU ms', 'longest turn ms'],
      results.map(({ name, routes, bytes, cpuMs, stallMs }) => [
        name,
        routes,
        shown(bytes / 1024, 0),
        shown(cpuMs),
        shown(stallMs)
      ])
    )
  ]
}

function latency({ rate, results }) {
  return [
    `${rate} requests a second over 50 connections, sent when due; ms, the best round of each.`,
    table(
      ['', 'p50', 'p99', 'longest'],
      rowsOf(results, ({ p50, p99, max }) => [shown(p50, 2), shown(p99, 2), shown(max, 1)])
    )
  ]
}

function redis(rows) {
  const [{ connections: _, ...first }] = rows
  return [
    'CPU of the process per request, in µs; in brackets what it adds over bare. The columns are requests in flight.',
    table(
      ['', ...rows.map(({ connections }) => `${connections}`)],
      Object.keys(first).map((name) => [
        name,
        ...rows.map((row) => `${shown(row[name])} (${shown(row[name] - row.bare)})`)
      ])
    )
  ]
}

function soak({ minutes, requests, firstMB, lastMB }) {
  return [
    `The preset for ${minutes} min and ${requests} requests: the heap after garbage collection was ${shown(firstMB, 2)} MB ` +
      `in the first third and ${shown(lastMB, 2)} MB in the last (medians).`
  ]
}

function chaos({
  minutes,
  seed,
  disturbances,
  kills,
  requests,
  ends,
  slowestMs,
  slowestBackMs,
  firstMB,
  lastMB
}) {
  return [
    `The preset in two workers for ${minutes} min under load, while Redis, PostgreSQL, an upstream and the workers were ` +
      `killed, frozen and slowed in random order: ${disturbances} times (seed ${seed}).`,
    table(
      ['', ''],
      [
        ['requests', thousandsOf(requests)],
        ...Object.entries(ends).map(([end, count]) => [`ended with ${end}`, thousandsOf(count)]),
        ['workers killed', `${kills}`],
        ['slowest request, ms', shown(slowestMs, 0)],
        ['slowest until all was well again, ms', shown(slowestBackMs, 0)],
        ['heap of a worker at first, MB', shown(firstMB, 2)],
        ['at the end, MB', shown(lastMB, 2)]
      ]
    )
  ]
}

const thousandsOf = (count) => count.toLocaleString('en-US')

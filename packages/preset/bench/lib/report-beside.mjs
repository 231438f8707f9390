// The sections of results.md beside instructions per request. What was not measured is not shown.
import { shown, table, thousands } from './table.mjs'

const rowsOf = (object, cells) => Object.entries(object).map(([name, value]) => [name, ...cells(value)])

const sections = {
  cpu: ['CPU per request', cpu],
  memory: ['Start-up and memory', memory],
  scrape: ['Scrapes', scrape],
  latency: ['Latency at a fixed rate', latency],
  growth: ['As work grows', growth],
  soak: ['Soak', soak]
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
      ['', 'µs', '× bare'],
      rowsOf(figures, ({ microseconds }) => [shown(microseconds), shown(microseconds / bare, 2)])
    )
  ]
}

function memory(figures) {
  const { recipe } = figures
  const ratio = (value, of) => (of ? ` (${shown(value / of, 2)})` : '')
  return [
    'From the start of the process until it listens: its CPU (median) and the shortest time. MB after garbage ' +
      'collection, idle and after load. In brackets: × the recipe.',
    table(
      ['', 'CPU ms', 'ms', 'RSS idle', 'heap idle', 'RSS after load', 'heap after load'],
      rowsOf(figures, (of) => [
        `${shown(of.startCpuMs, 0)}${ratio(of.startCpuMs, recipe?.startCpuMs)}`,
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
    'Five statuses for each route. CPU of a scrape, and the longest time between two turns of the event loop while ' +
      'it ran; the least of twelve.',
    table(
      ['', 'routes', 'KB', 'CPU ms', 'longest stall ms'],
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

function growth({ routes, clients, connections, breakers }) {
  const parts = []
  if (routes)
    parts.push(
      'Routes of the preset, requests spread over all of them, and the memory their metrics and tables take is theirs:',
      table(
        ['routes', 'thousands of instructions per request', 'bare', 'added'],
        routes.map(({ count, instructions, bare }) => [
          count,
          thousands(instructions),
          thousands(bare),
          thousands(instructions - bare)
        ])
      )
    )
  if (clients)
    parts.push(
      'Clients of the rate limit in memory, one after the other (`cache` at its default), and what so many leave in the heap:',
      table(
        ['clients', 'thousands of instructions per request', 'MB'],
        clients.map(({ count, instructions, heapMB }) => [count, thousands(instructions), shown(heapMB)])
      )
    )
  if (connections)
    parts.push(
      'Keep-alive connections to the preset, all in use:',
      table(
        ['connections', 'CPU µs per request', 'bare', 'RSS, MB more', 'bare'],
        connections.map(({ count, microseconds, rssMB, bare }) => [
          count,
          shown(microseconds),
          shown(bare.microseconds),
          shown(rssMB),
          shown(bare.rssMB)
        ])
      )
    )
  if (breakers)
    parts.push(
      'Idle breakers:',
      table(
        ['breakers', 'bytes each', 'CPU ms per second, all'],
        breakers.map(({ count, bytesEach, cpuMsPerSecond }) => [
          count,
          shown(bytesEach, 0),
          shown(cpuMsPerSecond, 2)
        ])
      )
    )
  return parts
}

function soak({ minutes, requests, firstMB, lastMB }) {
  return [
    `The preset for ${minutes} min and ${requests} requests: the heap after garbage collection was ${shown(firstMB, 2)} MB ` +
      `in the first third and ${shown(lastMB, 2)} MB in the last (medians).`
  ]
}

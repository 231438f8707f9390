// The goals of the figures besides instructions per request, each in its own unit.
import { overloadGoals } from './goals-overload.mjs'

/** Work beside requests delays them no longer than this. */
const longestStall = 5
const rowOf = (rows, wanted) =>
  rows.find((row) => Object.entries(wanted).every(([name, value]) => row[name] === value))
const ours = 'security: limit'

/** The longest turn without garbage collection, beyond that of bare Fastify under the same load. */
const turnOfClients = ({ growth: { clients } }, cache) =>
  rowOf(clients, { name: ours, count: 1_000_000, cache }).ownMs - rowOf(clients, { name: 'bare' }).ownMs
const turnOfTokens = ({ growth: { tokens } }, cache) =>
  rowOf(tokens, { cache }).ownMs - rowOf(tokens, { cache: 0 }).ownMs

/** The highest added cost of a request over the lowest. */
const grown = (rows, figure) => {
  const added = (row) => row[figure] - (row.bare?.[figure] ?? row.bare)
  return added(rows.at(-1)) / added(rows[0])
}

const scrapeOf = ({ scrape }, routes) =>
  scrape.find((one) => one.name === 'observability' && one.routes === routes)

/**
 * The main thread's CPU, which all requests share: fast-jwt verifies on it, ours and jose in the thread pool. Beside jose the
 * instructions decide, since CPU times have more noise than there is between the two.
 */
const signature = (alg) => ({
  what: `${alg}, no cache, main thread's CPU over bare: auth : fast-jwt, as strict`,
  of: ({ cpu }) => {
    const added = (name) => cpu[name].mainMicroseconds - cpu.bare.mainMicroseconds
    return added(`auth: ${alg}, no cache`) / added(`fast-jwt ${alg}, as strict`)
  },
  most: 1
})

/** Figures of the other sections, in their own units. */
export const otherGoals = [
  ...['RS256', 'EdDSA'].map(signature),
  {
    what: 'start-up, CPU: preset, everything on : recipe',
    of: ({ memory }) => memory['preset, everything on'].startCpuToRecipe,
    most: 1
  },
  {
    what: 'start-up, CPU: preset, whole : recipe, whole',
    of: ({ memory }) => memory['preset, whole'].startCpuToRecipe / memory['recipe, whole'].startCpuToRecipe,
    most: 0.6
  },
  {
    what: 'RSS idle: preset, whole : recipe, whole',
    of: ({ memory }) => memory['preset, whole'].idleMB / memory['recipe, whole'].idleMB,
    most: 1
  },
  { what: 'scrape of 200 routes, 5 statuses: CPU ms', of: (data) => scrapeOf(data, 200).cpuMs, most: 10 },
  {
    what: 'scrape of 200 routes, 5 statuses: longest turn, ms',
    of: (data) => scrapeOf(data, 200).stallMs,
    most: longestStall
  },
  {
    what: 'scrape of 2,000 routes, 5 statuses: longest turn, ms',
    of: (data) => scrapeOf(data, 2000).stallMs,
    most: longestStall
  },
  {
    what: 'p99 at a fixed rate: preset : recipe',
    of: ({ latency: { results } }) => results['preset, everything on'].p99 / results.recipe.p99,
    most: 1
  },
  {
    what: '2,000 routes : 10, instructions that the preset adds',
    of: ({ growth: { routes } }) => grown(routes, 'instructions'),
    most: 1.1
  },
  {
    what: '10,000 connections : 10, CPU that the preset adds',
    of: ({ growth: { connections } }) => grown(connections, 'microseconds'),
    most: 1.5
  },
  {
    what: '10,000 idle connections, RSS of each: preset : bare',
    of: ({ growth: { connections } }) => {
      const { idleKB, bare } = rowOf(connections, { count: 10_000 })
      return idleKB / bare.idleKB
    },
    most: 1.2
  },
  {
    what: '1,000,000 clients : 1,000, instructions',
    of: ({ growth: { clients } }) =>
      rowOf(clients, { name: ours, count: 1_000_000 }).instructions /
      rowOf(clients, { name: ours, count: 1000 }).instructions,
    most: 1.1
  },
  {
    what: '1,000,000 clients, 10,000 of them counted one by one: MB',
    of: ({ growth: { clients } }) => rowOf(clients, { name: ours, count: 1_000_000, cache: 10_000 }).heapMB,
    most: 19.5
  },
  {
    what: '1,000,000 clients: longest turn, ms more than bare',
    of: (data) => turnOfClients(data, 10_000),
    most: longestStall
  },
  {
    what: '1,000,000 clients, all of them counted one by one: longest turn, ms more than bare',
    of: (data) => turnOfClients(data, 1_000_000),
    most: longestStall
  },
  {
    what: '100,000 tokens, 50,000 of them remembered : 1,000, CPU',
    of: ({ growth: { tokens } }) =>
      rowOf(tokens, { cache: 50_000 }).microseconds /
      rowOf(tokens, { cache: 1000, count: 100_000 }).microseconds,
    most: 1.1
  },
  {
    what: '100,000 tokens, 50,000 of them remembered: longest turn, ms more than without',
    of: (data) => turnOfTokens(data, 50_000),
    most: longestStall
  },
  {
    what: '10,000 breakers : 10, instructions of a call',
    of: ({ growth: { breakers } }) => breakers.at(-1).instructions / breakers[0].instructions,
    most: 1.1
  },
  {
    what: '10,000 idle breakers: bytes each',
    of: ({ growth }) => growth.breakers.at(-1).bytesEach,
    most: 3072
  },
  {
    what: '10,000 idle breakers: CPU ms per second, more than for 10',
    of: ({ growth: { breakers } }) => breakers.at(-1).cpuMsPerSecond - breakers[0].cpuMsPerSecond,
    most: 1
  },
  ...['@fastify/rate-limit', 'rate-limiter-flexible'].map((peer) => ({
    what: `limit on Redis, 100 in flight, CPU over bare: security : ${peer}`,
    of: ({ redis }) => {
      const row = redis.at(-1)
      return (row['security: limit on Redis'] - row.bare) / (row[`${peer} on Redis`] - row.bare)
    },
    most: 0.7
  })),
  { what: 'soak: heap at the end : at the start', of: ({ soak }) => soak.lastMB / soak.firstMB, most: 1.05 },
  ...overloadGoals,
  { what: 'chaos: requests without an answer', of: ({ chaos }) => chaos.unanswered, most: 0 },
  {
    what: 'chaos: connections cut for each worker that was killed',
    of: ({ chaos: { ends, kills } }) =>
      ((ends.ECONNRESET ?? 0) + (ends['socket hang up'] ?? 0)) / Math.max(1, kills),
    most: 10
  },
  { what: 'chaos: seconds until all is well again', of: ({ chaos }) => chaos.slowestBackMs / 1000, most: 30 },
  {
    what: 'chaos: heap at the end : at the start',
    of: ({ chaos }) => chaos.lastMB / chaos.firstMB,
    most: 1.1
  }
]

// What the figures are held against. `of` gives the ratio from the added costs, by name.
const over = (part, whole) => (added) => added(part) / added(whole)

/** Instructions added over bare, as ratios within the committed figures. */
export const goals = [
  { what: 'preset, everything on : recipe', of: over('preset, everything on', 'recipe'), most: 0.3 },
  {
    what: 'preset, documented APIs only : recipe',
    of: over('preset, documented APIs only', 'recipe'),
    most: 0.3
  },
  {
    what: "observability : Fastify's logger",
    of: over('observability', "Fastify's logger"),
    most: 1.35
  },
  { what: 'observability : recipe', of: over('observability', 'recipe: observability'), most: 0.25 },
  // The plugin never goes without ids, so what metrics add is what they add to them.
  {
    what: 'metrics (over ids) : recipe',
    of: (added) => (added('observability: metrics') - added('observability: ids')) / added('recipe: metrics'),
    most: 0.15
  },
  {
    what: 'headers : @fastify/helmet, the same ones',
    of: over('security: headers, as helmet', '@fastify/helmet'),
    most: 0.15
  },
  { what: 'cors : @fastify/cors', of: over('security: cors', '@fastify/cors'), most: 1 },
  { what: 'limit : @fastify/rate-limit', of: over('security: limit', '@fastify/rate-limit'), most: 1 },
  {
    what: 'limit on Redis : @fastify/rate-limit',
    of: over('security: limit on Redis', '@fastify/rate-limit on Redis'),
    most: 1
  },
  { what: 'jwt, no cache : @fastify/jwt', of: over('auth: jwt, no cache', '@fastify/jwt'), most: 1.1 },
  { what: 'jwt : @fastify/jwt', of: over('auth: jwt', '@fastify/jwt'), most: 0.3 },
  {
    what: 'preset, everything off : bare (total)',
    of: (_, total) => total('preset, everything off') / total('bare'),
    most: 1.02
  },
  { what: 'shutdown : bare (total)', of: (_, total) => total('shutdown') / total('bare'), most: 1.02 },
  { what: 'health : bare (total)', of: (_, total) => total('health') / total('bare'), most: 1.02 },
  {
    what: "errors, 404 : Fastify's own 404 (total)",
    of: (_, total) => total('errors, 404') / total('bare, 404'),
    most: 1.2
  },
  {
    what: "errors, thrown : Fastify's own handler (total)",
    of: (_, total) => total('errors, thrown') / total('bare, thrown'),
    most: 1.2
  },
  {
    what: 'breaker : opossum (total)',
    of: (_, total) => total('resilience: breaker') / total('opossum'),
    most: 1.5
  },
  {
    what: "four policies : cockatiel's wrap (total)",
    of: (_, total) => total('resilience: four policies') / total('cockatiel, wrap of four'),
    most: 0.25
  }
]

const scrapeOf = ({ scrape }, routes) =>
  scrape.find((one) => one.name === 'observability' && one.routes === routes)

/** By CPU: the emulated processor has none of the instructions that OpenSSL signs and verifies with. */
const signature = (alg, peer) => ({
  what: `${alg}, CPU over bare: auth : ${peer}`,
  of: ({ cpu }) => {
    const added = (name) => cpu[name].microseconds - cpu.bare.microseconds
    return added(`auth: ${alg}, no cache`) / added(`${peer} ${alg}`)
  },
  most: 1
})

/** Figures of the other sections, in their own units. */
export const otherGoals = [
  signature('RS256', 'fast-jwt'),
  signature('RS256', 'jose'),
  signature('EdDSA', 'fast-jwt'),
  signature('EdDSA', 'jose'),
  {
    what: 'start-up, CPU: preset, whole : recipe, whole',
    of: ({ memory }) => memory['preset, whole'].startCpuMs / memory['recipe, whole'].startCpuMs,
    most: 0.7
  },
  {
    what: 'RSS idle: preset, whole : recipe, whole',
    of: ({ memory }) => memory['preset, whole'].idleMB / memory['recipe, whole'].idleMB,
    most: 1
  },
  { what: 'scrape of 200 routes, 5 statuses: CPU ms', of: (data) => scrapeOf(data, 200).cpuMs, most: 10 },
  {
    what: 'scrape of 200 routes, 5 statuses: longest stall, ms',
    of: (data) => scrapeOf(data, 200).stallMs,
    most: 10
  },
  {
    what: '10,000 idle breakers: bytes each',
    of: ({ growth }) => growth.breakers.at(-1).bytesEach,
    most: 3072
  },
  {
    what: '10,000 idle breakers: CPU ms per second',
    of: ({ growth }) => growth.breakers.at(-1).cpuMsPerSecond,
    most: 1
  },
  { what: 'soak: heap at the end : at the start', of: ({ soak }) => soak.lastMB / soak.firstMB, most: 1.05 }
]

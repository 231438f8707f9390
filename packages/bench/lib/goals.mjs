// The goals of the figures. `of` gives the ratio from the added costs, by name.
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
    what: 'metrics, with ids : the leanest peer, promster',
    of: over('observability: metrics', 'promster'),
    most: 1
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
  {
    what: 'jwt, no cache : fast-jwt, as strict',
    of: over('auth: jwt, no cache', 'fast-jwt, as strict'),
    most: 1
  },
  { what: 'jwt : @fastify/jwt', of: over('auth: jwt', '@fastify/jwt'), most: 0.3 },
  { what: 'jwt : fast-jwt, both remember', of: over('auth: jwt', 'fast-jwt, cache'), most: 1 },
  // jose keeps signatures away from the main thread, as ours does; fast-jwt, which does not, is among the goals for CPU.
  ...['RS256', 'EdDSA'].map((alg) => ({
    what: `${alg}, no cache : jose, as strict`,
    of: over(`auth: ${alg}, no cache`, `jose ${alg}, as strict`),
    most: 1
  })),
  {
    what: 'resilience : @fastify/under-pressure (total)',
    of: (_, total) => total('resilience') / total('@fastify/under-pressure'),
    most: 1.02
  },
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
    what: "breaker alone : cockatiel's, counted (total)",
    of: (_, total) => total('resilience: breaker alone') / total('cockatiel, breaker that is counted'),
    most: 1
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

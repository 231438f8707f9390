// Our plugins, and what each is compared with.
const ours = (name, exported, more = {}) => ({
  name,
  file: './ours/plugins.mjs',
  export: exported,
  group: 'ours',
  ...more
})
const signed = (alg) => ({
  request: { token: alg },
  has: ['jwt', 'strictly'],
  pool: true,
  against: ['fast-jwt', 'jose'].flatMap((peer) => [`${peer} ${alg}`, `${peer} ${alg}, as strict`])
})

export const oursAlone = [
  ours('observability', 'observability', {
    has: ['id', 'oneLine', 'metrics'],
    against: ["Fastify's logger", 'recipe: observability']
  }),
  ours('observability: metrics', 'metrics', {
    has: ['metrics'],
    against: ['recipe: metrics', 'fastify-metrics', 'promster']
  }),
  ours('observability: ids', 'ids', { has: ['id'], against: ['recipe: ids'] }),
  ours('observability: logging', 'logging', {
    has: ['id', 'oneLine'],
    against: ["Fastify's logger", 'recipe: durations']
  }),
  ours('errors', 'errors', {}),
  ours('errors, 404', 'errors', { request: { path: '/missing', status: 404 }, against: ['bare, 404'] }),
  ours('errors, thrown', 'thrown', {
    request: { path: '/gone', status: 404 },
    against: ['bare, thrown', 'recipe: thrown']
  }),
  ours('shutdown', 'shutdown'),
  ours('health', 'health', { has: ['probes'] }),
  ours('resilience', 'resilience', { against: ['@fastify/under-pressure'] }),
  ours('security', 'security', { has: ['headers', 'cors', 'limit'] }),
  ours('security: headers', 'headers', { has: ['headers'], against: ['recipe: helmet', '@fastify/helmet'] }),
  ours('security: headers, as helmet', 'headersAsHelmet', {
    has: ['headers'],
    against: ['recipe: helmet', '@fastify/helmet']
  }),
  ours('security: cors', 'cors', { has: ['cors'], against: ['recipe: cors', '@fastify/cors'] }),
  ours('security: limit', 'limit', { has: ['limit'], against: ['recipe: limit', '@fastify/rate-limit'] }),
  ours('security: limit on Redis', 'limitRedis', {
    has: ['limit'],
    redis: true,
    against: ['recipe: limit on Redis', '@fastify/rate-limit on Redis']
  }),
  ours('security: validation', 'validation'),
  ours('auth: jwt', 'jwtHsCached', {
    has: ['jwt', 'strictly'],
    against: ['recipe: jwt', '@fastify/jwt', '@fastify/jwt, cache', 'fast-jwt, cache']
  }),
  ours('auth: jwt, no cache', 'jwtHs', {
    has: ['jwt', 'strictly'],
    against: ['@fastify/jwt', 'fast-jwt', 'fast-jwt, as strict', 'jose']
  }),
  ours('auth: RS256, no cache', 'jwtRs', signed('RS256')),
  ours('auth: EdDSA, no cache', 'jwtEd', signed('EdDSA'))
]

export const presets = [
  ours('preset, everything on', 'presetOn', {
    has: ['jwt', 'id', 'headers', 'cors', 'limit', 'oneLine', 'metrics', 'probes'],
    against: ['recipe', 'express', 'hono', 'NestJS']
  }),
  ours('preset, documented APIs only', 'presetDocumented', {
    has: ['jwt', 'id', 'headers', 'cors', 'limit', 'oneLine', 'metrics', 'probes'],
    against: ['recipe']
  }),
  ours('preset, everything off', 'presetOff', { against: ['bare again'] })
]

/** For start-up and memory only: their requests cost what those without the rest cost. */
export const wholes = [
  { name: 'recipe, whole', file: './peers/recipe-whole.mjs', export: 'recipeWhole' },
  { name: 'recipe, whole, sessions by key', file: './peers/recipe-whole.mjs', export: 'recipeWholeByKey' },
  { name: 'preset, whole', file: './ours/plugins.mjs', export: 'presetWhole' }
]

const call = (name, file, exported, more = {}) => ({ name, file, export: exported, group: 'calls', ...more })

/** Guarded calls, without HTTP. */
export const calls = [
  call('unguarded call', './peers/calls.mjs', 'unguarded'),
  call('opossum', './peers/calls.mjs', 'opossum'),
  call('cockatiel, breaker', './peers/calls.mjs', 'cockatielBreaker'),
  call('cockatiel, breaker that is counted', './peers/calls.mjs', 'cockatielCounted'),
  call('cockatiel, wrap of four', './peers/calls.mjs', 'cockatielFour'),
  call('resilience: breaker alone', './ours/calls.mjs', 'breakerAlone', {
    against: ['cockatiel, breaker', 'cockatiel, breaker that is counted']
  }),
  call('resilience: breaker', './ours/calls.mjs', 'breaker', { against: ['opossum'] }),
  call('resilience: four policies', './ours/calls.mjs', 'four', {
    against: ['cockatiel, wrap of four']
  })
]

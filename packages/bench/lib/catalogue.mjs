// Every variant: where it is, what it must do before it is timed, and what it is compared with.
import { calls, oursAlone, presets } from './catalogue-ours.mjs'

const everything = ['jwt', 'id', 'headers', 'cors', 'limit', 'line', 'metrics']

const peer = (name, file, exported, more = {}) => ({
  name,
  file: `./peers/${file}.mjs`,
  export: exported,
  ...more
})
const rs = { request: { token: 'RS256' }, has: ['jwt'], pool: true }
const ed = { request: { token: 'EdDSA' }, has: ['jwt'], pool: true }
const strictly = { has: ['jwt', 'strictly'] }
const missing = { request: { path: '/missing', status: 404 } }
const gone = { request: { path: '/gone', status: 404 } }

const requests = [
  peer('bare', 'app', 'bare', { group: 'base' }),
  peer('bare again', 'app', 'bare', { group: 'base' }),
  peer('bare, 404', 'plugins', 'notFound', { group: 'base', ...missing }),
  peer('bare, thrown', 'plugins', 'thrown', { group: 'base', ...gone }),
  peer("Fastify's logger", 'app', 'logger', { group: 'base', has: ['line'] }),

  peer('recipe', 'recipe', 'recipe', { group: 'recipe', has: [...everything, 'probes'] }),
  peer('recipe: serializers', 'recipe', 'serializers', { group: 'recipe', has: ['line'] }),
  peer('recipe: ids', 'recipe', 'ids', { group: 'recipe', has: ['id', 'line'] }),
  peer('recipe: durations', 'recipe', 'duration', { group: 'recipe', has: ['line'] }),
  peer('recipe: metrics', 'recipe', 'metricsAlone', { group: 'recipe', has: ['metrics'] }),
  peer('recipe: observability', 'recipe', 'observability', {
    group: 'recipe',
    has: ['id', 'line', 'metrics']
  }),
  peer('recipe: helmet', 'recipe', 'helmetAlone', { group: 'recipe', has: ['headers'] }),
  peer('recipe: cors', 'recipe', 'corsAlone', { group: 'recipe', has: ['cors'] }),
  peer('recipe: limit', 'recipe', 'limitAlone', { group: 'recipe', has: ['limit'] }),
  peer('recipe: limit on Redis', 'recipe', 'limitRedis', { group: 'recipe', has: ['limit'], redis: true }),
  peer('recipe: jwt', 'recipe', 'jwtAlone', { group: 'recipe', has: ['jwt'] }),
  peer('recipe: thrown', 'recipe', 'thrown', { group: 'recipe', has: ['line'], ...gone }),

  peer('fastify-metrics', 'plugins', 'fastifyMetrics', { group: 'peers', has: ['metrics'] }),
  peer('promster', 'plugins', 'promster', { group: 'peers', has: ['metrics'] }),
  peer('@fastify/otel', 'plugins', 'otel', { group: 'peers' }),
  peer('@fastify/helmet', 'plugins', 'helmet', { group: 'peers', has: ['headers'] }),
  peer('@fastify/cors', 'plugins', 'cors', { group: 'peers', has: ['cors'] }),
  peer('@fastify/rate-limit', 'plugins', 'limit', { group: 'peers', has: ['limit'] }),
  peer('@fastify/rate-limit on Redis', 'plugins', 'limitRedis', {
    group: 'peers',
    has: ['limit'],
    redis: true
  }),
  peer('rate-limiter-flexible on Redis', 'plugins', 'limiterFlexible', { group: 'peers', redis: true }),
  peer('@fastify/jwt', 'plugins', 'jwtHs', { group: 'peers', has: ['jwt'] }),
  peer('@fastify/jwt, cache', 'plugins', 'jwtHsCached', { group: 'peers', has: ['jwt'] }),
  peer('fast-jwt', 'plugins', 'fastJwtHs', { group: 'peers', has: ['jwt'] }),
  peer('fast-jwt, cache', 'plugins', 'fastJwtHsCached', { group: 'peers', has: ['jwt'] }),
  peer('fast-jwt, as strict', 'plugins', 'fastJwtHsStrict', { group: 'peers', ...strictly }),
  peer('fast-jwt RS256', 'plugins', 'fastJwtRs', { group: 'peers', ...rs }),
  peer('fast-jwt EdDSA', 'plugins', 'fastJwtEd', { group: 'peers', ...ed }),
  peer('fast-jwt RS256, as strict', 'plugins', 'fastJwtRsStrict', { group: 'peers', ...rs, ...strictly }),
  peer('fast-jwt EdDSA, as strict', 'plugins', 'fastJwtEdStrict', { group: 'peers', ...ed, ...strictly }),
  peer('jose', 'plugins', 'joseHs', { group: 'peers', has: ['jwt'], pool: true }),
  peer('jose RS256', 'plugins', 'joseRs', { group: 'peers', ...rs }),
  peer('jose EdDSA', 'plugins', 'joseEd', { group: 'peers', ...ed }),
  peer('jose RS256, as strict', 'plugins', 'joseRsStrict', { group: 'peers', ...rs, ...strictly }),
  peer('jose EdDSA, as strict', 'plugins', 'joseEdStrict', { group: 'peers', ...ed, ...strictly }),
  peer('@fastify/under-pressure', 'plugins', 'underPressure', { group: 'peers' }),
  peer('pino-http on node:http', 'express', 'pinoHttpAlone', { group: 'peers', has: ['line'] }),

  peer('express', 'express', 'expressStack', { group: 'frameworks', has: everything }),
  peer('hono', 'hono', 'honoStack', { group: 'frameworks', has: everything, pool: true }),
  peer('NestJS', 'nest', 'nestStack', { group: 'frameworks', has: everything })
]

export const variants = [...requests, ...oursAlone, ...presets, ...calls]

/** By name, or all of a group: base, recipe, peers, frameworks, ours, calls. */
export function chosen(names) {
  if (names.length === 0) return variants
  const found = names.map((name) => {
    const some = variants.filter((variant) => variant.name === name || variant.group === name)
    if (some.length > 0) return some
    const variantNames = variants.map((variant) => `  ${variant.name}`).join('\n')
    throw new Error(`no variant or group is called "${name}". There are:\n${variantNames}`)
  })
  return [...new Set(found.flat())]
}

export const named = (name) => chosen([name])[0]

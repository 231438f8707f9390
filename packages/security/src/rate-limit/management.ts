import { managementPort, setsState, whenProvided, type Management } from '@seaworthy/contract'
import { parseDuration, sharedInApp } from '@seaworthy/internal'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RouteOptions } from 'fastify'
import type { Limit } from './resolve-limit.ts'
import { TemporaryLimits, valuesOf, type LimitValues } from './temporary-limits.ts'

const minute = 60_000
const day = 24 * 60 * minute
const maxRule = 'max must be a whole number of at least 0'
const windowRule = "timeWindow must be milliseconds of at least 1, or a text with a unit ('1 minute')"
const ttlRule = `ttl must be a whole number of milliseconds from 1 to ${day}`

/** The limits of one registration of the plugin. */
type LimitSource = () => Iterable<Limit>

/**
 * Lets operators change the limits for a time. Registrations in several scopes share the routes.
 *
 * @returns How to read when the options of a changed limit return.
 */
export function manageLimits(fastify: FastifyInstance, limits: LimitSource): TemporaryLimits {
  const { sources, all, temporary } = sharedInApp(fastify, 'security.limit-sources.v1', () => {
    const sources: LimitSource[] = []
    const all = (): Set<Limit> => new Set(sources.flatMap((source) => [...source()]))
    const temporary = new TemporaryLimits((name) => [...all()].filter((limit) => limit.name === name))
    return { sources, all, temporary }
  })
  sources.push(limits)
  if (sources.length === 1) {
    whenProvided(fastify, managementPort, (management) => addRoutes(management, temporary, all, fastify.log))
    fastify.addHook('onClose', (_instance, done) => {
      temporary.resetAll()
      done()
    })
  }
  return temporary
}

function addRoutes(
  management: Management,
  temporary: TemporaryLimits,
  all: () => Iterable<Limit>,
  log: FastifyBaseLogger
): void {
  const states = (): object[] =>
    Array.from(all(), (limit) => ({ name: limit.name, ...valuesOf(limit), ...temporary.stateOf(limit) }))
  const stateOf = (name: string): object => ({
    limits: states().filter((state) => (state as { name: string }).name === name)
  })
  management.route({ method: 'GET', url: '/rate-limits', handler: async () => ({ limits: states() }) })

  const url = '/rate-limits/:name'
  const config = setsState(({ name }) => `rate limit ${name}`)
  const route = (method: 'PUT' | 'DELETE', handler: RouteOptions['handler']): void =>
    management.route({ method, url, config, handler })
  route('PUT', (request, reply) => {
    const { name } = request.params as { name: string }
    if (!temporary.has(name)) return sendNotFound(reply)
    const body = (request.body ?? {}) as Record<string, unknown>
    const values = readValues(body)
    if (typeof values === 'string') return sendBadRequest(reply, values)
    const { ttl = 15 * minute } = body
    if (!isWhole(ttl, 1, day)) return sendBadRequest(reply, ttlRule)
    temporary.set(name, values, ttl)
    log.warn(
      { limit: name, ...values, ttl },
      `security: the limit "${name}" is changed for ${ttl} ms; that of the options returns then`
    )
    return reply.send(stateOf(name))
  })
  route('DELETE', (request, reply) => {
    const { name } = request.params as { name: string }
    if (!temporary.has(name)) return sendNotFound(reply)
    temporary.reset(name)
    return reply.send(stateOf(name))
  })
}

/** The values of a body, or the rule that it breaks. */
function readValues({
  max,
  timeWindow,
  ttl: _ttl,
  ...others
}: Record<string, unknown>): LimitValues | string {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined || (max === undefined && timeWindow === undefined))
    return 'the body must have max, timeWindow or both, and may have ttl'
  if (max !== undefined && !isWhole(max, 0)) return maxRule
  const window = typeof timeWindow === 'string' ? parseDuration(timeWindow) : timeWindow
  if (timeWindow !== undefined && !isWhole(window, 1)) return windowRule
  return {
    ...(max === undefined ? {} : { max }),
    ...(timeWindow === undefined ? {} : { timeWindow: window as number })
  }
}

const isWhole = (value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max

const sendNotFound = (reply: FastifyReply): FastifyReply =>
  reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'No such limit' })

const sendBadRequest = (reply: FastifyReply, message: string): FastifyReply =>
  reply.code(400).send({ statusCode: 400, error: 'Bad Request', message })

import { setsState, type Management } from '@seaworthy/contract'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { breakerModes, type BreakerMode } from './breaker/mode-switch.ts'
import type { Registry } from './registry.ts'
import type { Shedder } from './shedding/shedder.ts'

const minute = 60_000
const day = 24 * 60 * minute
const ttlRule = `ttl must be a whole number of milliseconds from 1 to ${day}`
const modeRule = `mode must be one of ${breakerModes.join(', ')}`

const isTtl = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= day

/** Shows breakers on the operators' listener, with routes to isolate and release them, and to change their mode. */
export function addManagementRoutes(
  management: Management,
  registry: Registry,
  shedder: Shedder | undefined,
  log: FastifyBaseLogger
): void {
  const snapshot = (): object => ({
    breakers: registry.list(),
    ...(shedder && { shedding: shedder.snapshot() })
  })
  management.section('breakers', snapshot)
  management.route({ method: 'GET', url: '/breakers', handler: () => snapshot() })
  addIsolation(management, registry)
  addModes(management, registry, log)
}

function addIsolation(management: Management, registry: Registry): void {
  const ends = new Map<string, NodeJS.Timeout>()
  for (const action of ['isolate', 'release'] as const) {
    management.route({
      method: 'POST',
      url: `/breakers/:name/${action}`,
      config: setsState(({ name }) => `breaker ${name}`),
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        const { name } = request.params as { name: string }
        const { ttl } = (request.body ?? {}) as { ttl?: unknown }
        const breaker = registry.operable(name)
        if (!breaker) return sendNotFound(reply)
        if (ttl !== undefined && !isTtl(ttl)) return sendBadRequest(reply, ttlRule)
        // Isolating a breaker twice by this route is one isolation: one release ends it.
        breaker.release()
        clearTimeout(ends.get(name))
        ends.delete(name)
        if (action === 'isolate') breaker.isolate()
        if (action === 'isolate' && ttl !== undefined)
          ends.set(name, setTimeout(() => breaker.release(), ttl).unref())
        return reply.send(breaker.snapshot())
      }
    })
  }
}

/** `PUT` sets a mode for a while, `DELETE` returns to that of the options. */
function addModes(management: Management, registry: Registry, log: FastifyBaseLogger): void {
  const url = '/breakers/:name/mode'
  const config = setsState(({ name }) => `breaker mode ${name}`)
  const route = (method: 'PUT' | 'DELETE', handler: RouteOptions['handler']): void =>
    management.route({ method, url, config, handler })
  route('PUT', (request, reply) => {
    const { name } = request.params as { name: string }
    const { mode, ttl = 15 * minute } = (request.body ?? {}) as { mode?: unknown; ttl?: unknown }
    const breakerMode = registry.modeOf(name)
    if (!breakerMode) return sendNotFound(reply)
    if (!breakerModes.includes(mode as BreakerMode)) return sendBadRequest(reply, modeRule)
    if (!isTtl(ttl)) return sendBadRequest(reply, ttlRule)
    breakerMode.set(mode as BreakerMode, ttl)
    log.warn(
      { breaker: name, mode, ttl },
      `resilience: the mode of the breaker "${name}" is ${mode as string} for ${ttl} ms; that of the options returns then`
    )
    return reply.send(registry.operable(name)!.snapshot())
  })
  route('DELETE', (request, reply) => {
    const { name } = request.params as { name: string }
    const mode = registry.modeOf(name)
    if (!mode) return sendNotFound(reply)
    mode.reset()
    return reply.send(registry.operable(name)!.snapshot())
  })
}

const sendNotFound = (reply: FastifyReply): FastifyReply =>
  reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'No such breaker' })

const sendBadRequest = (reply: FastifyReply, message: string): FastifyReply =>
  reply.code(400).send({ statusCode: 400, error: 'Bad Request', message })

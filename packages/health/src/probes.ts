import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify'
import type { OperationalRoute } from '@seaworthy/contract'
import { send, sendVerdict, type AnswerOptions } from './answer.ts'
import { isolate, silence } from './isolation.ts'
import type { HealthState } from './state.ts'

/** Every probe by the last part of its path. */
export const probeNames = ['live', 'ready', 'startup'] as const

/** The handlers of the probes, for the app's own listener and the operators'. */
export function probeHandlers(
  state: HealthState,
  options: AnswerOptions
): Record<(typeof probeNames)[number] | 'group', RouteHandlerMethod> {
  const answer = (reply: FastifyReply, group: string) => {
    state.gates.serves()
    // Nothing is asked on the way out: the answer must be 503 at once, even if a check hangs.
    const pending = group === 'ready' && state.gates.draining() ? undefined : state.refresh(group)
    const judged = () => sendVerdict(reply, state.verdict(group), options)
    if (pending) void pending.then(judged)
    else judged()
  }
  return {
    live: (_request: FastifyRequest, reply: FastifyReply) =>
      send(reply, 200, { status: 'ok' }, { status: 'pass' }),
    ready: (_request: FastifyRequest, reply: FastifyReply) => answer(reply, 'ready'),
    startup: (_request: FastifyRequest, reply: FastifyReply) => {
      state.gates.serves()
      if (state.gates.started) return send(reply, 200, { status: 'started' }, { status: 'pass' })
      const names = Object.fromEntries(state.gates.held.map((name) => [name, false]))
      const tasks = options.expose && { tasks: names }
      return send(reply, options.notReadyStatus, { status: 'starting', ...tasks }, { status: 'fail' })
    },
    group: (request: FastifyRequest, reply: FastifyReply) => {
      const { name } = request.params as { name: string }
      if (state.has(name)) return answer(reply, name)
      return send(reply, 404, { status: 'unknown group' }, { status: 'fail' })
    }
  }
}

/** Adds the probes in a scope that none of the app's hooks reaches. */
export async function addProbes(
  fastify: FastifyInstance,
  prefix: string,
  handlers: ReturnType<typeof probeHandlers>
): Promise<void> {
  await fastify.register(async (scope) => {
    if (!isolate(scope)) {
      fastify.log.warn('health: this Fastify does not let probes bypass hooks: global hooks can fail them')
    }
    for (const name of probeNames) {
      scope.route({ ...probe(handlers[name]), url: `${prefix}/${yielding(name)}` })
    }
    scope.route({ ...probe(handlers.group), url: `${prefix}/${yielding('group')}/:name` })
  })

  fastify.addHook('onReady', (done) => {
    for (const name of probeNames) {
      const url = `${prefix}/${name}`
      if (fastify.hasRoute({ method: 'GET', url })) {
        fastify.log.warn({ url }, `health: the app has its own ${url}, which answers instead of the plugin's`)
      }
    }
    done()
  })
}

/**
 * A pattern that matches just this word: `l:probe(^ive$)`. A plain route of the same path wins over it and is no
 * duplicate of it, so an app keeps a probe of its own, whichever of the two is added first.
 */
const yielding = (word: string): string => `${word[0]}:probe(^${word.slice(1)}$)`

/** Told to those who look at routes; @fastify/rate-limit reads `rateLimit`. */
const config: RouteOptions['config'] & { operational: OperationalRoute; rateLimit: false } = {
  operational: 'probe',
  rateLimit: false
}

const probe = (handler: RouteHandlerMethod): Omit<RouteOptions, 'url'> => ({
  method: ['GET', 'HEAD'],
  handler,
  config,
  childLoggerFactory: () => silence
})

import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { scrubAndCut } from '@seaworthy/internal'
import { stateOfAction } from '@seaworthy/contract'
import { reject } from './guard.ts'
import { isAction } from './same-origin.ts'

/** The outcome of an action in one worker. Without a status it has not answered. */
export interface WorkerOutcome {
  pid: number
  statusCode?: number
}

/** The way to the other workers. Without a `value` one has not answered. */
export interface ActionRelay {
  ask(message: { action: RelayedAction }): Promise<{ pid: number; value: unknown }[]>
}

/** An action of an operator, as the page and the audit log show it. */
export interface OperatorAction {
  at: string
  action: string
  statusCode: number
  address: string
  detail?: string
  workers?: WorkerOutcome[]
}

/** An action on its way to another worker. */
export interface RelayedAction {
  method: string
  url: string
  body: unknown
}

/** The last action that has set a state, with its time in milliseconds since 1970. */
export interface StateAction {
  name: string
  action: RelayedAction
  at: number
}

const maxKept = 50
/** States are few: the log level, maintenance, breakers. */
const maxStates = 1000
const relayHeader = 'x-seaworthy-relay'
const kWorkers = Symbol('seaworthy.workers')

/** In the `config` of a route: the action is of the worker that gets it alone. */
export const kOneWorker: unique symbol = Symbol('seaworthy.one-worker')

/** The body with the time that is left; `null` if it is over. */
function remaining(body: unknown, age: number): unknown {
  if (typeof body !== 'object' || body === null) return body
  const left: Record<string, unknown> = { ...body }
  for (const name of ['ttl', 'maxDuration']) {
    const value = left[name]
    if (typeof value !== 'number') continue
    if (value <= age) return null
    left[name] = Math.round(value - age)
  }
  return left
}

/** Actions reach every worker, say which have obeyed, and are logged. */
export class OperatorActions {
  readonly last: OperatorAction[] = []
  readonly #states = new Map<string, StateAction>()
  /** Set where there are other workers. `null`: there are, and no way to reach them. */
  relay: ActionRelay | null | undefined
  readonly #app: FastifyInstance
  readonly #log: FastifyBaseLogger
  /** Only this process has it, so no request from outside can state it. */
  readonly #key = randomBytes(32).toString('hex')

  constructor(app: FastifyInstance, log: FastifyBaseLogger) {
    this.#app = app
    this.#log = log
    type RequestOfAction = FastifyRequest & { [kWorkers]?: WorkerOutcome[] }

    app.addHook('preHandler', async (request: RequestOfAction, reply) => {
      if (!this.#isShared(request)) return undefined
      if (this.relay === null) {
        const message =
          'The workers cannot reach each other, and this action is for all of them; none has obeyed'
        reject(reply, 503, 'Service Unavailable', message)
        return reply
      }
      request[kWorkers] = await this.#relay(request)
      return undefined
    })
    app.addHook('preSerialization', (request: RequestOfAction, reply, payload, done) => {
      const workers = request[kWorkers]
      if (workers === undefined || typeof payload !== 'object' || payload === null) return done(null, payload)
      workers.unshift({ pid: process.pid, statusCode: reply.statusCode })
      done(null, { ...payload, workers })
    })
    app.addHook('onResponse', (request: RequestOfAction, { statusCode }, done) => {
      if (isAction(request) && statusCode < 400) this.#keepState(request)
      if (isAction(request) && !this.isRelayed(request)) this.#audit(request, statusCode, request[kWorkers])
      done()
    })
  }

  isRelayed(request: FastifyRequest): boolean {
    return request.headers[relayHeader] === this.#key
  }

  /** Runs an action that another worker has passed on. */
  async run({ method, url, body }: RelayedAction): Promise<number> {
    const headers = { [relayHeader]: this.#key }
    const payload = body === undefined ? {} : { payload: body as object }
    const { statusCode } = await this.#app.inject({ method: method as 'PUT', url, headers, ...payload })
    return statusCode
  }

  /** The states that operators have set, for a worker that starts. */
  get states(): StateAction[] {
    return [...this.#states.values()]
  }

  /** Takes over states of other workers: of each the last action, for the time that is left of it. */
  async adopt(states: readonly StateAction[]): Promise<void> {
    for (const { name, action, at } of states.toSorted((a, b) => a.at - b.at)) {
      if ((this.#states.get(name)?.at ?? 0) >= at) continue
      const body = remaining(action.body, Date.now() - at)
      // oxlint-disable-next-line no-await-in-loop -- in the order in which they were made
      if (body !== null) await this.run({ ...action, body })
      this.#states.set(name, { name, action, at })
    }
  }

  #keepState({ method, url, body, params, routeOptions }: FastifyRequest): void {
    const { [stateOfAction]: nameOf } = routeOptions.config as {
      [stateOfAction]?: (params: unknown) => string
    }
    if (nameOf === undefined || this.#states.size >= maxStates) return
    const name = nameOf(params)
    this.#states.set(name, { name, action: { method, url, body: body ?? undefined }, at: Date.now() })
  }

  #isShared(request: FastifyRequest): boolean {
    const config = request.routeOptions.config as { [kOneWorker]?: true } | undefined
    const isOfOne = config?.[kOneWorker] === true || request.is404
    return this.relay !== undefined && isAction(request) && !isOfOne && !this.isRelayed(request)
  }

  async #relay({ method, url, body }: FastifyRequest): Promise<WorkerOutcome[]> {
    const action: RelayedAction = { method, url, body: body ?? undefined }
    const answers = await this.relay!.ask({ action })
    return answers.map(({ pid, value }) => (typeof value === 'number' ? { pid, statusCode: value } : { pid }))
  }

  #audit(request: FastifyRequest, statusCode: number, workers: WorkerOutcome[] | undefined): void {
    const { method, url, body, raw } = request
    const detail = body === undefined || body === null ? '' : scrubAndCut(JSON.stringify(body), 300)
    const action: OperatorAction = {
      at: new Date().toISOString(),
      action: `${method} ${scrubAndCut(url, 200)}`,
      statusCode,
      address: raw.socket.remoteAddress ?? '',
      ...(detail === '' ? {} : { detail }),
      ...(workers === undefined ? {} : { workers })
    }
    this.last.push(action)
    if (this.last.length > maxKept) this.last.shift()
    const outcome = statusCode < 400 ? 'has done' : 'was denied'
    this.#log.warn({ operator: action }, `observability: an operator ${outcome} ${action.action}`)
  }
}

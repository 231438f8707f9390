import type { FastifyBaseLogger } from 'fastify'
import { setsState, type Management } from '@seaworthy/contract'

interface Change {
  level: string
  /** Milliseconds until the normal level returns. */
  ttl?: number
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const minute = 60_000
const day = 24 * 60 * minute

/** The log level at run time. It returns to normal by itself, so that no service is left at debug. */
export class LogLevel {
  readonly #log: FastifyBaseLogger
  #normal: string
  #timer: NodeJS.Timeout | undefined
  #until: number | undefined

  constructor(log: FastifyBaseLogger) {
    this.#log = log
    this.#normal = this.#log.level
  }

  get state(): { level: string; normal: string; until?: string } {
    const until = this.#until === undefined ? {} : { until: new Date(this.#until).toISOString() }
    return { level: this.#log.level, normal: this.#normal, ...until }
  }

  set({ level, ttl = 15 * minute }: Change): void {
    if (this.#timer === undefined) this.#normal = this.#log.level
    clearTimeout(this.#timer)
    this.#log.level = level
    this.#until = Date.now() + ttl
    this.#timer = setTimeout(() => this.reset(), ttl).unref()
  }

  reset(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#until = undefined
    this.#log.level = this.#normal
  }
}

const schema = {
  body: {
    type: 'object',
    required: ['level'],
    additionalProperties: false,
    properties: {
      level: { type: 'string', enum: levels },
      ttl: { type: 'integer', minimum: 1, maximum: day }
    }
  }
}

/** `GET`, `PUT` and `DELETE /log-level`. */
export function logLevelRoutes(management: Management, level: LogLevel, log: FastifyBaseLogger): void {
  const url = '/log-level'
  const config = setsState(() => 'log level')
  management.route({ method: 'GET', url, handler: async () => level.state })
  management.route({
    method: 'PUT',
    url,
    config,
    schema,
    async handler({ body }) {
      level.set(body as Change)
      // At warn, so that the change itself is seen at most levels.
      log.warn(level.state, 'observability: the log level was changed')
      return level.state
    }
  })
  management.route({
    method: 'DELETE',
    url,
    config,
    async handler() {
      level.reset()
      return level.state
    }
  })
}

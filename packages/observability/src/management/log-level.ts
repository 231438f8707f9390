import type { FastifyBaseLogger } from 'fastify'
import { setsState, type Management } from '@seaworthy/contract'
import { defaultTtl, Temporary, ttlSchema } from './temporary.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** The log level at run time. */
export class LogLevel {
  readonly setting: Temporary<string>

  constructor(log: FastifyBaseLogger) {
    this.setting = new Temporary(
      () => log.level,
      (level) => void (log.level = level)
    )
  }

  get state(): { level: string; normal: string; until?: string } {
    const { value: level, ...others } = this.setting.state
    return { level, ...others }
  }
}

const schema = {
  body: {
    type: 'object',
    required: ['level'],
    additionalProperties: false,
    properties: { level: { type: 'string', enum: levels }, ttl: ttlSchema }
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
      const { level: wanted, ttl = defaultTtl } = body as { level: string; ttl?: number }
      level.setting.set(wanted, ttl)
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
      level.setting.reset()
      return level.state
    }
  })
}

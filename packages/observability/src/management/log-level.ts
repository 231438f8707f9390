import type { FastifyBaseLogger } from 'fastify'
import type { Management } from '@seaworthy/contract'
import { addTemporaryRoutes } from './temporary-routes.ts'
import { Temporary } from './temporary.ts'

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

/** `GET`, `PUT` and `DELETE /log-level`. */
export function logLevelRoutes(management: Management, level: LogLevel, log: FastifyBaseLogger): void {
  addTemporaryRoutes(management, {
    name: 'level',
    url: '/log-level',
    action: 'log level',
    schema: { type: 'string', enum: levels },
    setting: level.setting,
    // At warn, so that the change itself is seen at most levels.
    changed: (state) => log.warn(state, 'observability: the log level was changed')
  })
}

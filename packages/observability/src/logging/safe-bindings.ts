import type { FastifyBaseLogger } from 'fastify'
import { hasOwnLogMethod } from '../internals/index.ts'
import { safeFields } from './app-lines.ts'

const kSafe = Symbol('seaworthy.safe-bindings')
type Log = FastifyBaseLogger & { setBindings?(bindings: object): void; [kSafe]?: true }

const safe = <T>(bindings: T): T =>
  typeof bindings === 'object' && bindings !== null ? (safeFields(bindings) as T) : bindings

/**
 * Removes secrets from the fields that a service adds to a logger: `log.child({ token })`. pino makes their text at once,
 * before any hook. Only for loggers with the settings of this package: the app's own pino stays as it is.
 */
export function safeBindings(root: FastifyBaseLogger): void {
  const log = root as Log
  if (log[kSafe] === true || !hasOwnLogMethod(log)) return
  const { child, setBindings } = log
  log[kSafe] = true
  log.child = function (this: FastifyBaseLogger, bindings, options) {
    return child.call(this, safe(bindings), options)
  }
  if (setBindings === undefined) return
  log.setBindings = function (this: FastifyBaseLogger, bindings) {
    setBindings.call(this, safe(bindings))
  }
}

import type { FastifyBaseLogger } from 'fastify'
import { scrubAndCut } from '@seaworthy/internal'
import { codeOf, isErrorStatus, maskedMessage } from '../classes/status.ts'
import type { ThrownMembers } from '../internals.ts'
import { isUpstreamError } from '../thrown/upstream-error.ts'
import { classNameOf, isPlain } from '../thrown/error-like.ts'
import { headersOf } from '../thrown/error-headers.ts'
import type { ErrorReply } from './error-reply.ts'

const maxWarnings = 100
const maxName = 100

/** A code that a developer wrote: it names a case and quotes no value. */
const constantCode = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/

/** The status that an error carries as `statusCode` or `status`, as Fastify's own handler reads it. */
export function statusOf({ statusCode, status }: ThrownMembers): number | undefined {
  if (isErrorStatus(statusCode)) return statusCode
  return isErrorStatus(status) ? status : undefined
}

/**
 * Responds to errors that are not known to be made for clients and that carry a status: their makers chose it, as is usual
 * with Fastify. The message is masked, because it may be internal. Decision 9 has the reasons.
 */
export class ForeignErrors {
  readonly #log: FastifyBaseLogger
  /** The classes that a warning has named. */
  readonly #warnedClasses: Set<string> = new Set()
  readonly #observe: boolean

  /** @param observe - Whether each error keeps its status and message, as without this plugin. */
  constructor(log: FastifyBaseLogger, observe: boolean) {
    this.#log = log
    this.#observe = observe
  }

  /**
   * `undefined` if the status is not ours to send: the error comes from an HTTP client, or it is a plain error that the
   * handler threw, whose status may well be an upstream's.
   *
   * @param inHandler - Whether the handler has run. Before it, only hooks and parsers can have set the status.
   */
  respond(error: object, inHandler: boolean): ErrorReply | undefined {
    const thrown = error as ThrownMembers
    const statusCode = statusOf(thrown)
    if (statusCode === undefined) return undefined
    const isUpstream = isUpstreamError(error)
    const { code, message, expose } = thrown
    // With `expose`, as http-errors has it, the app says that the error is for its clients.
    const isIgnored = isUpstream || (isPlain(error) && inHandler && expose !== true)
    if (isIgnored && !isUpstream) this.#warn(error, statusCode, true)
    if (isIgnored && !this.#observe) return undefined
    const sendable = statusCode < 500 && typeof message === 'string' && message !== ''
    const shown = sendable && (this.#observe || expose === true)
    if (!isIgnored && statusCode < 500 && expose !== true) this.#warn(error, statusCode, false)
    return {
      statusCode,
      code: statusCode < 500 && isConstant(code) ? code : codeOf(statusCode),
      message: shown ? message : maskedMessage(statusCode),
      masked: !shown,
      headers: headersOf(error)
    }
  }

  /** Warns once per class, or per code of plain errors. */
  #warn(error: object, statusCode: number, ignored: boolean): void {
    const { code } = error as ThrownMembers
    const plain = isPlain(error)
    const name = scrubAndCut(classNameOf(error), maxName) || 'object'
    const key = plain ? `${name} ${isConstant(code) ? code : statusCode}` : name
    if (this.#warnedClasses.has(key) || this.#warnedClasses.size >= maxWarnings) return
    this.#warnedClasses.add(key)
    // The member that has it: errors of Koa's kind have no `statusCode`.
    const member = isErrorStatus((error as ThrownMembers).statusCode) ? 'statusCode' : 'status'
    const match = !plain
      ? name
      : isConstant(code)
        ? `'${code}'`
        : `(error) => error?.${member} === ${statusCode}`
    const to = `(error) => ({ statusCode: error.${member}, code: error.code, message: error.message })`
    const change = ignored
      ? `its ${member} is ignored and the response is 500, because a plain error may carry the status of an upstream`
      : `the response is ${statusCode} without its message, because it may not be meant for clients`
    const effect = this.#observe
      ? `both are sent, because the mode is 'observe'; without it ${change}`
      : change
    this.#log.warn(
      { class: name, statusCode },
      `errors: an error of class ${name} was thrown with ${member} ${statusCode}; ${effect}; to send both, add to the ` +
        `option "map": { match: ${match}, to: ${to} }`
    )
  }
}

const isConstant = (code: unknown): code is string =>
  typeof code === 'string' && code.length <= 64 && constantCode.test(code)

import { constructorReportPort, provided } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { constructorOptions, missingInternals } from './internals.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { fastifyStartDelay, nestHooks, type RivalListener } from './supervisors/rival-listeners.ts'
import { signalKeepers } from './supervisors/signal-keepers.ts'

/** Logs at start what will not work: a short grace period, signals that do not arrive, missing options or private parts. */
export function warnMisconfiguration(
  fastify: FastifyInstance,
  { gracePeriod, isGracePeriodSet }: Pick<ResolvedOptions, 'gracePeriod' | 'isGracePeriodSet'>,
  budget: number
): void {
  const { log } = fastify
  const { milliseconds, killer } = gracePeriod ?? { milliseconds: Infinity, killer: '' }
  if (budget >= milliseconds) {
    const setting = isGracePeriodSet ? 'raise the grace period' : 'set "gracePeriod" if it is longer'
    log.warn(
      { budget, gracePeriod: milliseconds },
      `shutdown: may take ${budget} ms, but ${killer} kills after ${milliseconds} ms; requests would be lost; ` +
        `${setting}, or lower drainDelay.max, timeout or closeTimeout`
    )
  } else log.debug({ budget, gracePeriod }, 'shutdown: fits into the grace period')

  const keepers = signalKeepers()
  if (keepers) {
    log.warn(
      { keepers },
      `shutdown: SIGTERM will not arrive, because a shell in front of this process keeps it (${keepers.join(', ')}); ` +
        "requests would be lost; let the container's command be node, or write exec before node in the script"
    )
  }

  const constructor = constructorOptions(fastify)
  const isReported = provided(fastify, constructorReportPort) !== undefined
  if (!isReported && constructor && constructor.return503OnClosing === undefined) {
    log.warn(
      'shutdown: app.close() will answer 503 on open connections; add Fastify({ ...shutdownServerOptions() })'
    )
  }
  const missing = missingInternals(fastify)
  if (missing.length > 0) {
    log.warn(
      { missing },
      `shutdown: private parts are missing: ${missing.join(', ')}; doing without; ` +
        'please report it with the versions of Node and Fastify'
    )
  }
}

/** Milliseconds below which `fastify start` ends requests that are not slow. */
const shortDelayMs = 10_000

/**
 * Warns of other listeners of the signals: they would close the app or end the process without waiting for the drain.
 *
 * @param rivals - Those that the log has not named yet.
 */
export function warnRivals(fastify: FastifyInstance, rivals: readonly RivalListener[]): void {
  if (rivals.length === 0) return
  const delay = fastifyStartDelay()
  if (delay !== undefined) {
    if (delay < shortDelayMs)
      warn(
        fastify,
        { delay },
        `shutdown: fastify start ends the process ${delay} ms after SIGTERM; longer requests would be lost; ` +
          'add --close-grace-delay 30000'
      )
    return
  }
  if (rivals.some(({ name }) => name === nestHooks)) {
    warn(
      fastify,
      { rivals },
      'shutdown: enableShutdownHooks of Nest destroys its modules while requests are served; remove the call, and ' +
        "close Nest after the last response: app.getHttpAdapter().getInstance().shutdown.onShutdown('nest', () => app.close())"
    )
    return
  }
  const signals = [...new Set(rivals.map(({ signal }) => signal))].join(', ')
  const names = [...new Set(rivals.map(({ name }) => name))].join(', ')
  warn(
    fastify,
    { rivals },
    `shutdown: another listener of ${signals} (${names}) may end the process before requests are answered; ` +
      'app.close() waits for the drain; remove the listener, and close resources in app.shutdown.onShutdown()'
  )
}

/** Without a logger the process warns: the listener may end it at any signal. */
function warn(fastify: FastifyInstance, fields: object, message: string): void {
  if (hasLogger(fastify)) fastify.log.warn(fields, message)
  else process.emitWarning(message, 'SeaworthyWarning', 'SEAWORTHY_SHUTDOWN')
}

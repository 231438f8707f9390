import type { FastifyInstance } from 'fastify'
import { lifecyclePort, provided, type Meter } from '@seaworthy/contract'
import type { Resource } from '../otlp/resource.ts'
import { namesOf } from '../internals/index.ts'
import { addLineSink } from './log-tee.ts'
import type { LogSchema } from './options.ts'
import { OtlpLogPush } from './otlp-log-push.ts'
import type { ResolvedOtlpLogs } from './otlp-options.ts'
import { recordReader } from './otlp-record.ts'

/** Milliseconds of the end of the process. */
const lastFlushTimeout = 2000

/** The parts that pushed lines need. */
export interface PushedLineParts {
  schema: LogSchema
  resource: Resource
  meter: Meter | undefined
}

/** Pushes all lines of the app's logger. Returns what pushes those that wait, `undefined` where none are pushed. */
export function pushLines(
  fastify: FastifyInstance,
  options: ResolvedOtlpLogs,
  { schema, resource, meter }: PushedLineParts
): ((timeout: number) => Promise<void>) | undefined {
  const { log } = fastify
  const read = recordReader(schema, namesOf(log))
  const push = new OtlpLogPush(options, { read, resource, log, meter })
  const end = addLineSink(log, (text, level) => push.add(text, level))
  if (end === undefined) {
    log.warn('observability: the logger is no pino; its lines are not pushed; leave out logging.otlp')
    return undefined
  }

  const finish = async (timeout: number) => {
    await push.flush(timeout)
    end()
    push.close()
  }
  fastify.addHook('onReady', (done) => {
    push.start()
    // The lines of the shutdown itself come after the app has closed.
    provided(fastify, lifecyclePort)?.onFlush('observability.otlp', async () => finish(lastFlushTimeout))
    done()
  })
  fastify.addHook('onClose', async () => {
    push.stop()
    if (provided(fastify, lifecyclePort) === undefined) await finish(lastFlushTimeout)
    else await push.flush(lastFlushTimeout)
  })
  return async (timeout) => push.flush(timeout)
}

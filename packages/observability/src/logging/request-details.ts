import type { FastifyBaseLogger } from 'fastify'
import { destinationOf, raisedLogger, setDestination, streamSymbol } from '../internals/index.ts'
import { DetailRing, type DetailBudget, type Threshold } from './detail-ring.ts'
import type { ResolvedDetails } from './details-options.ts'

type Leveled = FastifyBaseLogger & Threshold & { levels: { values: Record<string, number> } }

const kRing = Symbol('seaworthy.details')
type Holder = { [kRing]?: DetailRing }

/**
 * Lets the logger of each request take lines below the level of the log, which are written only if the request has
 * ended so that an operator wants to read them. A logger that is no pino is left as it is.
 */
export class RequestDetails {
  readonly #level: string
  readonly #budget: DetailBudget
  /** Loggers whose requests keep details, and what these inherit from. */
  readonly #raised = new WeakMap<FastifyBaseLogger, FastifyBaseLogger>()
  /** Each copy of pino has one of its own. */
  #stream: symbol | undefined

  constructor({ level, maxBytes, maxTotalBytes }: ResolvedDetails) {
    this.#level = level
    this.#budget = { bytes: 0, maxBytes, maxTotalBytes }
  }

  /** Whether a logger is one whose lines can be kept: a pino. */
  canKeep(logger: FastifyBaseLogger): boolean {
    return this.#streamOf(logger) !== undefined
  }

  /** The logger from which those of requests inherit. `undefined` where there is nothing to keep. */
  parentFor(logger: FastifyBaseLogger): FastifyBaseLogger | undefined {
    if (!this.#isKept(logger)) return undefined
    let raised = this.#raised.get(logger)
    if (raised === undefined) {
      raised = raisedLogger(logger, this.#level)
      this.#raised.set(logger, raised)
    }
    return raised
  }

  /** Has the logger of a request, a child of {@link parentFor}, keep its details. */
  attach(log: FastifyBaseLogger, threshold: FastifyBaseLogger, raw: object): void {
    const stream = this.#streamOf(log)!
    const ring = new DetailRing(destinationOf(log, stream), threshold as Leveled, this.#budget)
    setDestination(log, stream, ring)
    ;(log as Holder)[kRing] = (raw as Holder)[kRing] = ring
  }

  /** The same for a logger with a level of its own: that of its route. */
  attachTo(log: FastifyBaseLogger, raw: object): FastifyBaseLogger {
    if (!this.#isKept(log)) return log
    const raised = raisedLogger(log, this.#level)
    this.attach(raised, log, raw)
    return raised
  }

  /** Writes or forgets the details of a request. Returns how many were dropped before. */
  end(raw: object, isWritten: boolean): number {
    return (raw as Holder)[kRing]?.end(isWritten) ?? 0
  }

  /** Whether the log itself takes a line: the logger of a request takes more. */
  takes(log: FastifyBaseLogger, level: string): boolean {
    const ring = (log as Holder)[kRing]
    return ring === undefined || ring.takes((log as Leveled).levels.values[level]!)
  }

  #isKept(logger: FastifyBaseLogger): boolean {
    const { levelVal, levels } = logger as Partial<Leveled>
    return (
      levels !== undefined && levelVal! > levels.values[this.#level]! && this.#streamOf(logger) !== undefined
    )
  }

  #streamOf(logger: FastifyBaseLogger): symbol | undefined {
    if (this.#stream === undefined || !(this.#stream in logger)) this.#stream = streamSymbol(logger)
    return this.#stream
  }
}

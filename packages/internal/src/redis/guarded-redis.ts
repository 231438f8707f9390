import { DeadlineQueue } from '../async/deadline-queue.ts'
import { canSend } from './client.ts'
import { OutageDetector, type OutageDetectorOptions } from './outage-detector.ts'
import { ScriptQueue } from './script-queue.ts'
import type { RedisScript } from './script.ts'
import { isClientTimeout, isReplyError } from './server-errors.ts'
import { withoutCommand } from './without-command.ts'

/** Why a call to Redis failed. */
export type RedisFailure = 'timeout' | 'connection' | 'error'

export interface GuardedRedisOptions extends OutageDetectorOptions {
  /** In front of every key. */
  keyPrefix: string
  /** Milliseconds that a call waits for an answer. */
  timeout: number
  /** Called for each failed call. */
  onFailure?: ((failure: RedisFailure) => void) | undefined
}

/** A Redis client that answers each call within a deadline, and at once while Redis is down. */
export class GuardedRedis {
  readonly #options: GuardedRedisOptions
  readonly #deadlines: DeadlineQueue
  readonly #outage: OutageDetector
  readonly #scripts: ScriptQueue

  constructor(options: GuardedRedisOptions) {
    this.#options = options
    this.#deadlines = new DeadlineQueue(options.timeout)
    this.#outage = new OutageDetector(options)
    this.#scripts = new ScriptQueue(options.client)
  }

  get up(): boolean {
    return this.#outage.up
  }

  /** Runs a script on keys, which get the prefix. `done` is called once, within the timeout. */
  run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[],
    done: (error: Error | null, reply?: unknown) => void
  ): void {
    const { client, keyPrefix, timeout } = this.#options
    const { downError } = this.#outage
    if (downError) return done(downError)
    if (!canSend(client)) {
      const error = this.#connectionError()
      this.#noteFailure('connection', error)
      return done(error)
    }

    let settled = false
    const deadline = this.#deadlines.start(() => {
      settled = true
      const error = new Error(`no answer within ${timeout} ms`)
      this.#noteFailure('timeout', error)
      done(error)
    })
    const onReply = (reply: unknown) => {
      this.#outage.noteAnswer()
      if (settled) return
      settled = true
      this.#deadlines.end(deadline)
      done(null, reply)
    }
    const onError = (failure: Error) => {
      if (settled) return
      settled = true
      // The arguments of a script are keys, ids and sessions.
      const error = withoutCommand(failure)
      this.#deadlines.end(deadline)
      this.#noteFailure(isClientTimeout(error) ? 'timeout' : 'error', error)
      done(error)
    }
    const prefixed = keys.map((key) => keyPrefix + key)
    try {
      this.#scripts.run({ script, keys: prefixed, args, onReply, onError })
    } catch (error) {
      // A client that is the app's may throw instead of rejecting.
      onError(error as Error)
    }
  }

  /** {@link run} as a promise, for what is not on a request's hot path. */
  runAsync(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[] = []
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.run(script, keys, args, (error, reply) => (error ? reject(error) : resolve(reply)))
    })
  }

  /** A call of another kind worked on the same connection: an outage of the connection is over before the next probe. */
  noteReachable(): void {
    this.#outage.noteReachable()
  }

  /** Reports the outage at the start, if there is no connection yet. */
  reportIfDisconnected(): void {
    if (!canSend(this.#options.client) && this.up) this.#noteFailure('connection', this.#connectionError())
  }

  /** The last error of the connection says more than its state. */
  #connectionError(): Error {
    const { client, lastError } = this.#options
    const last = lastError?.()
    const cause = last && withoutCommand(last)
    return new Error(cause?.message ?? `the connection is ${client.status}`, { cause })
  }

  /** Ends the probes. The client is the owner's to close. */
  close(): void {
    this.#outage.close()
  }

  #noteFailure(failure: RedisFailure, error: Error): void {
    this.#options.onFailure?.(failure)
    if (failure === 'timeout') return this.#outage.noteTimeout(error)
    const { client, lastError } = this.#options
    if (canSend(client) || isReplyError(error)) return this.#outage.noteError(error)
    // A connection that breaks rejects its calls before it has an error of its own.
    const isKnown = lastError?.() !== undefined
    this.#outage.noteError(isKnown ? this.#connectionError() : error, !isKnown)
  }
}

import type { RedisClient } from './client.ts'
import { runScript, type RedisScript } from './script.ts'

/** Unanswered calls from which on further ones wait for the end of the turn: below it, batching only costs time. */
const minPending = 16
/** Calls of one turn from which on a pipeline costs less than they do one by one. */
const minBatch = 8

interface Call {
  readonly script: RedisScript
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  readonly onReply: (reply: unknown) => void
  readonly onError: (error: Error) => void
}

/** The pipeline of ioredis: its commands are written together. */
interface Pipeline {
  evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): unknown
  exec(): Promise<readonly (readonly [Error | null, unknown])[] | null>
}

/** A pipeline of a cluster may hold keys of one slot only. */
const pipelineFactory = (client: RedisClient): (() => Pipeline) | undefined => {
  const { pipeline, isCluster } = client as { pipeline?: unknown; isCluster?: unknown }
  return typeof pipeline === 'function' && isCluster !== true
    ? () => pipeline.call(client) as Pipeline
    : undefined
}

/**
 * Runs scripts. Under load, those of one turn of the event loop are written together: a write costs the process more than
 * the script costs Redis.
 */
export class ScriptQueue {
  readonly #client: RedisClient
  readonly #createPipeline: (() => Pipeline) | undefined
  #pending = 0
  #calls: Call[] = []

  constructor(client: RedisClient) {
    this.#client = client
    this.#createPipeline = pipelineFactory(client)
  }

  /** Calls back once. Throws what the client throws. */
  run(call: Call): void {
    if (this.#createPipeline === undefined || this.#pending < minPending) return this.#send(call)
    this.#calls.push(call)
    if (this.#calls.length === 1) setImmediate(() => this.#flush(this.#createPipeline!))
  }

  #send(call: Call): void {
    const { script, keys, args, onReply, onError } = call
    const replied = (reply: unknown): void => {
      this.#pending--
      onReply(reply)
    }
    const failed = (error: Error): void => {
      this.#pending--
      onError(error)
    }
    runScript(this.#client, script, keys, args, replied, failed)
    this.#pending++
  }

  #flush(createPipeline: () => Pipeline): void {
    const calls = this.#calls
    this.#calls = []
    if (calls.length < minBatch) return this.#sendEach(calls)
    this.#pending += calls.length
    const fail = (error: Error): void => {
      this.#pending -= calls.length
      for (const { onError } of calls) onError(error)
    }
    try {
      const pipeline = createPipeline()
      for (const { script, keys, args } of calls) pipeline.evalsha(script.sha, keys.length, ...keys, ...args)
      pipeline.exec().then((replies) => {
        if (replies === null) return fail(new Error('the pipeline was aborted'))
        this.#pending -= calls.length
        for (const [index, call] of calls.entries()) this.#settle(call, replies[index]!)
      }, fail)
    } catch (error) {
      fail(error as Error)
    }
  }

  #sendEach(calls: readonly Call[]): void {
    for (const call of calls) {
      try {
        this.#send(call)
      } catch (error) {
        call.onError(error as Error)
      }
    }
  }

  #settle(call: Call, [error, reply]: readonly [Error | null, unknown]): void {
    if (error === null) call.onReply(reply)
    else if (error.message.includes('NOSCRIPT')) this.#send(call)
    else call.onError(error)
  }
}

import { createHash } from 'node:crypto'
import { Deadlines } from './deadlines.ts'
import { refundScript, takeScript } from './redis-scripts.ts'
import type { Hit, Verdict } from './types.ts'

/** What the store needs of a client: ioredis has it, alone and as a cluster. */
export interface RedisClient {
  readonly status?: string
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>
  evalsha(sha: string, keys: number, ...args: (string | number)[]): Promise<unknown>
  ping(): Promise<unknown>
}

/** Where Redis is: options of ioredis' `Redis`, all of them. */
export interface RedisConnection {
  host?: string
  port?: number
  path?: string
  username?: string
  password?: string
  db?: number
  tls?: object
  [option: string]: unknown
}

export interface RedisStoreSettings {
  client: RedisClient
  /** In front of every key. */
  nameSpace: string
  /** Milliseconds that a request waits for Redis. */
  timeout: number
  /** Told when Redis stops answering and when it answers again. */
  onChange: (up: boolean, error?: Error) => void
  /** Told of each failed call: `timeout`, `connection`, `error`. */
  onError: (reason: string) => void
  /** Ends a connection on which nothing comes back, for a new one. The app's own connection is the app's. */
  reconnect?: (() => void) | undefined
}

type Callback = (error: Error | null, verdicts?: Verdict[]) => void

interface Script {
  text: string
  sha: string
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })
const take = script(takeScript)
const refund = script(refundScript)

/** Timeouts in a row after which Redis is taken for down: one alone may be a pause. */
const tolerated = 3
/** Milliseconds between looks whether Redis is back. */
const probeEvery = 250
/** Looks without an answer after which a connection is taken for dead: a firewall that forgets it tells nobody. */
const patience = 20

/** Counts in Redis or Valkey, one call for a request. It answers within the deadline or says that it can't. */
export class RedisStore {
  readonly #settings: RedisStoreSettings
  readonly #deadlines: Deadlines
  /** Why Redis is taken for down. */
  #lost: Error | undefined
  #timeouts = 0
  #probe: NodeJS.Timeout | undefined

  constructor(settings: RedisStoreSettings) {
    this.#settings = settings
    this.#deadlines = new Deadlines(settings.timeout)
  }

  get up(): boolean {
    return this.#lost === undefined
  }

  take(hits: readonly Hit[], done: Callback): void {
    // One error for all: nobody waits, and nobody pays for a stack of his own.
    if (this.#lost) return done(this.#lost)
    const args: string[] = []
    for (const { max, window, cost, observe, renew } of hits) {
      args.push(`${max} ${window} ${cost} ${Number(observe)} ${Number(renew)}`)
    }
    this.#call(take, hits, args, (error, answer) => {
      if (error) return done(error)
      const numbers = answer as number[]
      done(
        null,
        hits.map((_, index) => ({
          exceeded: numbers[index * 4] === 1,
          remaining: numbers[index * 4 + 1]!,
          reset: numbers[index * 4 + 2]!,
          refused: numbers[index * 4 + 3]!
        }))
      )
    })
  }

  /** Nobody waits for it: what Redis can't take back leaves with the window. */
  refund(hits: readonly Hit[]): void {
    if (this.#lost) return
    const costs = hits.map((hit) => `${hit.cost}`)
    this.#call(refund, hits, costs, () => undefined)
  }

  /** Ends the looking whether Redis is back. */
  close(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
  }

  #call(
    script: Script,
    hits: readonly Hit[],
    args: string[],
    done: (error: Error | null, answer?: unknown) => void
  ) {
    const { client, nameSpace, timeout } = this.#settings
    // A client that is reconnecting would queue the command: the request would hang, and count much later.
    if (client.status !== undefined && client.status !== 'ready' && client.status !== 'wait') {
      return done(this.#failed('connection', new Error(`the connection is ${client.status}`)))
    }

    let open = true
    const waiting = this.#deadlines.start(() => {
      open = false
      done(this.#failed('timeout', new Error(`no answer within ${timeout} ms`)))
    })
    const answered = (answer: unknown) => {
      this.#timeouts = 0
      if (!open) return
      this.#deadlines.end(waiting)
      done(null, answer)
    }
    const failed = (error: Error) => {
      if (!open) return
      this.#deadlines.end(waiting)
      done(this.#failed('error', error))
    }

    // The tag keeps all limits of a client in one slot of a cluster. An empty one would be none, so it never is.
    const keys = hits.map(({ name, key }) => `${nameSpace}{=${key}}${name}`)
    client.evalsha(script.sha, keys.length, ...keys, ...args).then(answered, (error: Error) => {
      // Not there yet, or lost with a restart.
      if (!error.message.includes('NOSCRIPT')) return failed(error)
      client.eval(script.text, keys.length, ...keys, ...args).then(answered, failed)
    })
  }

  #failed(reason: string, error: Error): Error {
    this.#settings.onError(reason)
    if (reason !== 'timeout' || ++this.#timeouts >= tolerated) this.#down(error)
    return error
  }

  #down(error: Error): void {
    if (this.#lost) return
    this.#lost = error
    this.#settings.onChange(false, error)
    let asking = false
    let unanswered = 0
    this.#probe = setInterval(() => {
      const { client, reconnect } = this.#settings
      const { status = 'ready' } = client
      // `connect` is a connection that has not yet said anything.
      unanswered = status === 'ready' || status === 'connect' ? unanswered + 1 : 0
      if (unanswered > patience) {
        unanswered = 0
        reconnect?.()
        return
      }
      if (asking || (status !== 'ready' && status !== 'wait')) return
      asking = true
      client.ping().then(
        () => this.#back(),
        () => (asking = false)
      )
    }, probeEvery)
    this.#probe.unref()
  }

  #back(): void {
    if (this.#probe === undefined) return
    this.close()
    this.#timeouts = 0
    this.#lost = undefined
    this.#settings.onChange(true)
  }
}

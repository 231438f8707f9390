import { isClusterWorker } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import type { ManagementServer } from '../management/listener.ts'
import type { RelayedAction, StateAction } from '../management/operator-actions.ts'
import { WorkerRelay } from '../workers/worker-relay.ts'
import type { Snapshot } from './snapshot.ts'

/** The messages between workers. */
type Message = { action: RelayedAction } | { states: true } | { snapshot: true } | { profile: ProfileRequest }

export interface ProfileRequest {
  kind: 'cpu' | 'heap'
  seconds: number
}

/** The functions of this worker that others may call. */
export interface WorkerFunctions {
  snapshot(): Snapshot
  profile(request: ProfileRequest): Promise<unknown>
}

/** The workers of a service: this one, and those with which it shares the operators' listener. */
export class Workers {
  readonly #management: ManagementServer
  readonly #functions: WorkerFunctions
  readonly #log: FastifyBaseLogger
  readonly #group: string | undefined
  #relay: WorkerRelay | undefined

  /** @param group - The name under which workers share their metrics, if they do. */
  constructor(
    management: ManagementServer,
    functions: WorkerFunctions,
    log: FastifyBaseLogger,
    group: string | undefined
  ) {
    this.#management = management
    this.#functions = functions
    this.#log = log
    this.#group = group
  }

  async listen(): Promise<void> {
    if (!isClusterWorker() && this.#group === undefined) return
    const { actions, options } = this.#management
    // Workers of node:cluster share the port, and two apps of one script do not.
    const name = `operators ${this.#group ?? ''} ${isClusterWorker() ? options.port : ''}`
    try {
      const relay = new WorkerRelay(name, async (message) => this.#answer(message as Message))
      await relay.listen()
      actions.relay = this.#relay = relay
    } catch (error) {
      actions.relay = null
      this.#log.warn(
        { err: error },
        'observability: the workers cannot reach each other; actions on the management listener are rejected; set TMPDIR to a writable folder with a short path'
      )
    }
  }

  /** Takes over what operators have set in the other workers. Called once all plugins have added their routes. */
  async adopt(): Promise<void> {
    const answers = (await this.#relay?.ask<StateAction[]>({ states: true } satisfies Message)) ?? []
    await this.#management.actions.adopt(answers.flatMap(({ value }) => value ?? []))
  }

  async close(): Promise<void> {
    await this.#relay?.close()
  }

  /** The snapshots of all workers, that of this one first, and those who have not answered. */
  async snapshots(): Promise<{ snapshots: Snapshot[]; unreachable: number[] }> {
    const localFunctions = this.#functions.snapshot()
    const others = (await this.#relay?.ask<Snapshot>({ snapshot: true } satisfies Message)) ?? []
    return {
      snapshots: [localFunctions, ...others.flatMap(({ value }) => value ?? [])],
      unreachable: others.filter(({ value }) => value === undefined).map(({ pid }) => pid)
    }
  }

  /** Records a profile in one worker. `undefined`: there is no such worker, or it has not answered. */
  async profile(pid: number, profile: ProfileRequest): Promise<unknown> {
    if (pid === process.pid) return this.#functions.profile(profile)
    const timeout = profile.seconds * 1000 + 30_000
    const answers = await this.#relay?.ask({ profile } satisfies Message, { pid, timeout })
    return answers?.[0]?.value
  }

  async #answer(message: Message): Promise<unknown> {
    await this.#management.whenLoaded()
    if ('action' in message) return this.#management.actions.run(message.action)
    if ('states' in message) return this.#management.actions.states
    if ('profile' in message) return this.#functions.profile(message.profile)
    return this.#functions.snapshot()
  }
}

import { commandPath, start, until } from '@seaworthy/testing'
import type { Test } from 'tap'
import { acceptedIn, lostOf } from './accepted.ts'
import { startAgents } from './agents.ts'

/** wrk, undici's agent and axios with a keep-alive agent, all at once, against one port. */
export interface EveryClient {
  /** Resolves when each of the libraries has got so many more responses. */
  busy(responses?: number): Promise<void>
  /**
   * Asserts that no request of any client has failed. With the log of services that log what they accept: none of the
   * agents' that one has accepted.
   */
  stop(log?: () => string): Promise<void>
}

export function everyClient(t: Test, port: number): EveryClient {
  const url = `http://127.0.0.1:${port}/`
  // It prints its results after SIGINT.
  const wrk = start(t, commandPath('wrk') ?? 'wrk', ['-t1', '-c10', '-d600s', '--timeout', '30s', url])
  const agents = (['undici', 'axios'] as const).map(
    (library) => [library, startAgents(library, { port })] as const
  )
  return {
    async busy(responses = 100) {
      const goals = agents.map(([, { count }]) => count.ok + responses)
      await until(
        'all clients to be busy',
        () => agents.every(([, { count }], index) => count.ok >= goals[index]!),
        60_000
      )
    },
    async stop(log) {
      for (const [library, clients] of agents) {
        const { ok, failed } = await clients.stop()
        if (log === undefined) t.strictSame(failed, {}, `${library}: 0 of ${ok} requests failed`)
        else {
          const accepted = acceptedIn(log())
          t.ok(accepted.size > 100, `${accepted.size} requests accepted`)
          t.strictSame(lostOf(clients.failures, accepted), [], `${library}: 0 of ${ok} requests lost`)
        }
      }
      wrk.kill('SIGINT')
      await wrk.exit
      const results = wrk.output()
      t.match(results, /\d+ requests in/)
      t.notMatch(results, /Socket errors|Non-2xx/, `wrk: ${/\d+ requests/.exec(results)?.[0]}, none failed`)
    }
  }
}

import type { ChildProcess } from 'node:child_process'
import { pause } from '@seaworthy/internal'
import { statusRequest } from './request-status.ts'

/** Milliseconds between two requests. */
const pollIntervalMs = 100
/** Whether the process became ready, and the reason in words. */
export interface Readiness {
  ok: boolean
  reason: string
}

/**
 * Requests the path until it responds with 2xx, the process ends, `signal` aborts, or `timeout` milliseconds are over.
 */
export async function waitUntilReady(
  child: ChildProcess,
  target: { port: number; path: string },
  timeout: number,
  signal: AbortSignal | undefined
): Promise<Readiness> {
  const start = performance.now()
  const failed = (reason: string): Readiness => ({ ok: false, reason })
  const request = statusRequest(target)
  const { port, path } = target
  const urlOf = (scheme: string) => `${scheme}://127.0.0.1:${port}${path}`
  let lastAnswer = `${urlOf('http')} gave no answer`
  let endReason: string | undefined
  child.once('error', (error) => {
    endReason = `it did not start: ${error.message}`
  })
  child.once('exit', (code, killedBy) => {
    endReason = `it ended with ${killedBy ?? `exit code ${code}`} before it was ready`
  })
  while (performance.now() - start < timeout) {
    if (endReason !== undefined) return failed(endReason)
    if (signal?.aborted) return failed('it was given up before it was ready')
    // oxlint-disable-next-line no-await-in-loop -- it polls
    const { status, scheme, protocol, problem } = await request()
    if (status !== undefined && status >= 200 && status < 300) {
      const over = protocol === 'http' ? '' : ` over ${protocol}`
      return { ok: true, reason: `ready after ${Math.round(performance.now() - start)} ms${over}` }
    }
    if (status !== undefined) lastAnswer = `${urlOf(scheme)} gave status ${status}`
    else if (problem !== undefined)
      lastAnswer = `port ${port} gave no answer by http, https or HTTP/2 (${problem})`
    // oxlint-disable-next-line no-await-in-loop -- it polls
    await pause(pollIntervalMs)
  }
  return failed(endReason ?? `it was not ready after ${timeout} ms: ${lastAnswer}`)
}

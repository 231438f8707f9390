import type { ChildProcess } from 'node:child_process'
import { pause } from '@seaworthy/internal'

/** Milliseconds between two requests. */
const pollIntervalMs = 100
/** Milliseconds that one request may take. */
const requestTimeoutMs = 2000

/** Whether the process became ready, and the reason in words. */
export interface Readiness {
  ok: boolean
  reason: string
}

/** Requests `url` until it responds with 2xx, the process ends, `signal` aborts, or `timeout` milliseconds are over. */
export async function waitUntilReady(
  child: ChildProcess,
  url: string,
  timeout: number,
  signal: AbortSignal | undefined
): Promise<Readiness> {
  const start = performance.now()
  const failed = (reason: string): Readiness => ({ ok: false, reason })
  let lastStatus = 'no answer'
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
    const status = await statusOf(url)
    if (status !== undefined && status >= 200 && status < 300)
      return { ok: true, reason: `ready after ${Math.round(performance.now() - start)} ms` }
    if (status !== undefined) lastStatus = `status ${status}`
    // oxlint-disable-next-line no-await-in-loop -- it polls
    await pause(pollIntervalMs)
  }
  return failed(endReason ?? `it was not ready after ${timeout} ms: ${url} gave ${lastStatus}`)
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(requestTimeoutMs),
      headers: { connection: 'close' }
    })
    await response.body?.cancel()
    return response.status
  } catch {
    return undefined
  }
}

import type { FastifyReply } from 'fastify'
import { policyOf, type Limit } from './limit.ts'
import type { Hit, Verdict } from './store.ts'

/** What was asked of a request's limits at one stage. */
export interface Asked {
  limits: readonly Limit[]
  hits: readonly Hit[]
  verdicts: readonly Verdict[]
}

export interface HeaderSettings {
  enableDraftSpec: boolean
  policyHeaders: boolean
  addHeaders: Readonly<Record<string, boolean>>
  addHeadersOnExceeding: Readonly<Record<string, boolean>>
}

/** Binds the writing of headers: the older ones tell of the limit with the least left, the draft's of each. */
export function headerWriter(settings: HeaderSettings): (reply: FastifyReply, asked: Asked) => void {
  const prefix = settings.enableDraftSpec ? 'ratelimit' : 'x-ratelimit'
  const names = { limit: `${prefix}-limit`, remaining: `${prefix}-remaining`, reset: `${prefix}-reset` }
  const refused = wanted(names, settings.addHeaders)
  const passed = wanted(names, settings.addHeadersOnExceeding)

  return (reply, { limits, hits, verdicts }) => {
    const tightest = tightestOf(verdicts)
    const verdict = verdicts[tightest]!
    const before = reply.getHeader(names.remaining)
    if (before === undefined || Number(before) >= verdict.remaining || verdict.exceeded) {
      const add = verdict.exceeded ? refused : passed
      if (add.limit) reply.header(names.limit, hits[tightest]!.max)
      if (add.remaining) reply.header(names.remaining, verdict.exceeded ? 0 : verdict.remaining)
      if (add.reset) reply.header(names.reset, Math.ceil(verdict.reset / 1000))
    }
    if (!settings.policyHeaders) return

    let state = (reply.getHeader('ratelimit') as string | undefined) ?? ''
    let policy = (reply.getHeader('ratelimit-policy') as string | undefined) ?? ''
    for (let i = 0; i < hits.length; i++) {
      const { remaining, reset } = verdicts[i]!
      const limit = limits[i]!
      state += `${state && ', '}${limit.label};r=${remaining};t=${Math.ceil(reset / 1000)}`
      policy += `${policy && ', '}${limit.policy || policyOf(limit.name, hits[i]!.max, hits[i]!.window)}`
    }
    reply.header('ratelimit', state).header('ratelimit-policy', policy)
  }
}

/** The verdict that a client should heed: the longest wait of those exceeded, else the least left. */
export function tightestOf(verdicts: readonly Verdict[]): number {
  let best = 0
  for (let i = 1; i < verdicts.length; i++) {
    const { exceeded, remaining, reset } = verdicts[i]!
    const least = verdicts[best]!
    const tighter =
      exceeded === least.exceeded ? (exceeded ? reset > least.reset : remaining < least.remaining) : exceeded
    if (tighter) best = i
  }
  return best
}

const wanted = (
  names: { limit: string; remaining: string; reset: string },
  add: Readonly<Record<string, boolean>>
) => ({
  limit: add[names.limit] ?? true,
  remaining: add[names.remaining] ?? true,
  reset: add[names.reset] ?? true
})

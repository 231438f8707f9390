import type { FastifyReply } from 'fastify'
import { line, valuesIn, type Block } from '../prepared-headers/header-block.ts'
import { carried, carrier } from '../prepared-headers/set-block.ts'
import { policyOf, type Limit } from './resolve-limit.ts'
import type { Hit, Verdict } from './types.ts'

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

/** What an answer says of its limits. All of it is numbers and names checked at the start, so lines need no check. */
class Told implements Block {
  readonly names: ReadonlySet<string>
  /** The lines of the older headers, and what they say is left. */
  readonly older: string
  readonly remaining: number
  /** The values of `RateLimit` and `RateLimit-Policy`. */
  readonly state: string
  readonly policy: string

  constructor(names: ReadonlySet<string>, older: string, remaining: number, state: string, policy: string) {
    this.names = names
    this.older = older
    this.remaining = remaining
    this.state = state
    this.policy = policy
  }

  get text(): string {
    if (this.policy === '') return this.older
    return `${this.older}ratelimit: ${this.state}\r\nratelimit-policy: ${this.policy}\r\n`
  }

  get values(): ReadonlyMap<string, string> {
    return valuesIn(this.text)
  }
}

/** Binds the writing of headers: the older ones tell of the limit with the least left, the draft's of each. */
export function headerWriter(settings: HeaderSettings): (reply: FastifyReply, asked: Asked) => void {
  const prefix = settings.enableDraftSpec ? 'ratelimit' : 'x-ratelimit'
  const names = { limit: `${prefix}-limit`, remaining: `${prefix}-remaining`, reset: `${prefix}-reset` }
  const all = new Set([...Object.values(names), 'ratelimit', 'ratelimit-policy'])
  const refused = wanted(names, settings.addHeaders)
  const passed = wanted(names, settings.addHeadersOnExceeding)
  const carry = carrier('limits')

  return (reply, { limits, hits, verdicts }) => {
    // A request is asked at several stages: what was told before stays.
    const before = carried(reply, 'limits') as Told | undefined
    const tightest = verdicts.length === 1 ? 0 : tightestOf(verdicts)
    const { exceeded, remaining, reset } = verdicts[tightest]!
    let older = before?.older ?? ''
    const newer = before === undefined || before.remaining >= remaining || exceeded
    if (newer) {
      const add = exceeded ? refused : passed
      older = add.limit ? line(names.limit, hits[tightest]!.max) : ''
      if (add.remaining) older += line(names.remaining, exceeded ? 0 : remaining)
      if (add.reset) older += line(names.reset, Math.ceil(reset / 1000))
    }
    let state = before?.state ?? ''
    let policy = before?.policy ?? ''
    if (settings.policyHeaders) {
      for (let i = 0; i < hits.length; i++) {
        const limit = limits[i]!
        const separator = policy === '' ? '' : ', '
        state += `${separator}${limit.label};r=${verdicts[i]!.remaining};t=${Math.ceil(verdicts[i]!.reset / 1000)}`
        policy += separator + (limit.policy || policyOf(limit.name, hits[i]!.max, hits[i]!.window))
      }
    }
    carry(reply, new Told(all, older, newer ? remaining : before.remaining, state, policy))
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

import type { FastifyInstance, FastifyReply } from 'fastify'
import { formatHeaderLine, parseHeaderLines, type HeaderBlock } from '../prepared-headers/header-block.ts'
import { bindHeaderSlot, headerBlockOf } from '../prepared-headers/set-block.ts'
import type { ResolvedRateLimit } from './options.ts'
import { formatPolicy } from './resolve-limit.ts'
import type { HitResult, LimitEvaluation } from './types.ts'

type HeaderSettings = Pick<ResolvedRateLimit, 'enableDraftSpec' | 'policyHeaders'>

/**
 * The headers of a response about its limits. They consist of numbers and of names that are checked at the start, so
 * their lines need no check.
 */
class RateLimitHeaders implements HeaderBlock {
  readonly names: ReadonlySet<string>
  /** The lines of the older headers, and their `remaining`. */
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
    return parseHeaderLines(this.text)
  }
}

/** Binds the writing of headers: the older ones are about the limit with the least left, the draft's about each. */
export function rateLimitHeaderWriter(
  fastify: FastifyInstance,
  options: HeaderSettings
): (reply: FastifyReply, evaluation: LimitEvaluation) => void {
  const prefix = options.enableDraftSpec ? 'ratelimit' : 'x-ratelimit'
  const names = { limit: `${prefix}-limit`, remaining: `${prefix}-remaining`, reset: `${prefix}-reset` }
  const allNames = new Set([...Object.values(names), 'ratelimit', 'ratelimit-policy'])
  const setBlock = bindHeaderSlot(fastify, 'limits')

  return (reply, { limits, hits, results }) => {
    // Limits are evaluated in several hooks: the headers of earlier ones stay.
    const before = headerBlockOf(reply, 'limits') as RateLimitHeaders | undefined
    const tightest = results.length === 1 ? 0 : tightestOf(results)
    const { exceeded, remaining, reset } = results[tightest]!
    let older = before?.older ?? ''
    const tighter = before === undefined || before.remaining >= remaining || exceeded
    if (tighter) {
      const limit = limits[tightest]!
      const wanted = exceeded ? limit.headersOnRejection : limit.headersOnPass
      older = wanted.limit ? formatHeaderLine(names.limit, hits[tightest]!.max) : ''
      if (wanted.remaining) older += formatHeaderLine(names.remaining, exceeded ? 0 : remaining)
      if (wanted.reset) older += formatHeaderLine(names.reset, Math.ceil(reset / 1000))
    }
    let state = before?.state ?? ''
    let policy = before?.policy ?? ''
    if (options.policyHeaders) {
      for (let i = 0; i < hits.length; i++) {
        const limit = limits[i]!
        const separator = policy === '' ? '' : ', '
        state += `${separator}${limit.label};r=${results[i]!.remaining};t=${Math.ceil(results[i]!.reset / 1000)}`
        policy += separator + (limit.policy || formatPolicy(limit.name, hits[i]!.max, hits[i]!.window))
      }
    }
    setBlock(
      reply,
      new RateLimitHeaders(allNames, older, tighter ? remaining : before.remaining, state, policy)
    )
  }
}

const draftNames: ReadonlySet<string> = new Set(['ratelimit', 'ratelimit-policy'])

/** Binds the writing of one more item of the draft's headers, beside those of rate limits. */
export function policyItemWriter(
  fastify: FastifyInstance
): (reply: FastifyReply, state: string, policy: string) => void {
  const setBlock = bindHeaderSlot(fastify, 'limits')
  return (reply, state, policy) => {
    const before = headerBlockOf(reply, 'limits') as RateLimitHeaders | undefined
    const after = (text: string | undefined, item: string) => (text ? `${text}, ${item}` : item)
    setBlock(
      reply,
      new RateLimitHeaders(
        before?.names ?? draftNames,
        before?.older ?? '',
        before?.remaining ?? Infinity,
        after(before?.state, state),
        after(before?.policy, policy)
      )
    )
  }
}

/** The index of the result that a client should follow: the longest wait of those exceeded, else the least left. */
export function tightestOf(results: readonly HitResult[]): number {
  let best = 0
  for (let i = 1; i < results.length; i++) {
    const { exceeded, remaining, reset } = results[i]!
    const least = results[best]!
    const tighter =
      exceeded === least.exceeded ? (exceeded ? reset > least.reset : remaining < least.remaining) : exceeded
    if (tighter) best = i
  }
  return best
}

import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { clientNetwork, noAddress } from '@seaworthy/internal'
import type { Limit } from './resolve-limit.ts'
import type { Hit } from './types.ts'

/** The limits that a request is counted against, and under which keys. */
export interface Collected {
  limits: readonly Limit[]
  hits: Hit[]
}

/** Longer keys (tokens, whole headers) are hashed: a flood of them must not fill the memory. */
const longestKey = 64

type Given = string | number | undefined | null

const addressOf = ({ ip }: FastifyRequest) => ip as string | undefined

/** Without an address, all count together: otherwise resetting a connection would be a free pass. */
const keyOr = ({ by }: Limit, request: FastifyRequest, key: Given): string | number | undefined =>
  key ?? (by === 'ip' && addressOf(request) === undefined ? noAddress : undefined)

const isAllowed = ({ allowed }: Limit, request: FastifyRequest): boolean => {
  if (allowed === undefined) return false
  const address = addressOf(request)
  return address !== undefined && allowed(address)
}

/** Addresses count by their network whoever gives them: a key generator that falls back on `request.ip` too. */
const keyText = ({ subnet }: Limit, key: string | number): string => {
  const given = String(key)
  const text = given.includes(':') && isIPv6(given) ? clientNetwork(given, subnet) : given
  return text.length <= longestKey ? text : createHash('sha256').update(text).digest('base64url')
}

const hit = (limit: Limit, key: string, max: number, window: number, cost: number): Hit => ({
  name: limit.name,
  key,
  max,
  window,
  cost,
  observe: limit.observe,
  renew: limit.renew
})

const costOf = ({ cost }: Limit, request: FastifyRequest): number =>
  typeof cost === 'number' ? cost : whole(cost(request), 1)

/** What a function of the app's gives must be a number to count with; else the refusal would be silent. */
const whole = (value: unknown, least: number): number => {
  const number = Math.trunc(Number(value))
  if (number >= least && number <= Number.MAX_SAFE_INTEGER) return number
  throw new RangeError(
    `security: a function of "rateLimit" gave ${String(value)}, not a number from ${least}`
  )
}

/** For limits whose settings are fixed: no promise, the least work. */
export function collect(limits: readonly Limit[], request: FastifyRequest, skipped: Skipped): Collected {
  const hits: Hit[] = []
  let counted: Limit[] | undefined
  for (let i = 0; i < limits.length; i++) {
    const limit = limits[i]!
    const key = keyOr(limit, request, limit.key(request) as Given)
    if (key === undefined || isAllowed(limit, request)) {
      if (key !== undefined) skipped(limit)
      counted ??= limits.slice(0, i)
      continue
    }
    counted?.push(limit)
    hits.push(
      hit(limit, keyText(limit, key), limit.max as number, limit.window as number, costOf(limit, request))
    )
  }
  return { limits: counted ?? limits, hits }
}

type Skipped = (limit: Limit) => void

/** For limits that ask functions of the app's, which may take their time. */
export async function collectDynamic(
  limits: readonly Limit[],
  request: FastifyRequest,
  skipped: Skipped
): Promise<Collected> {
  const counted: Limit[] = []
  const hits: Hit[] = []
  for (const limit of limits) {
    const given = keyOr(limit, request, await limit.key(request))
    if (given === undefined) continue

    const key = String(given)
    if (isAllowed(limit, request) || (limit.allow && (await limit.allow(request, key)))) {
      skipped(limit)
      continue
    }
    const { max, window } = limit
    counted.push(limit)
    hits.push(
      hit(
        limit,
        keyText(limit, key),
        typeof max === 'number' ? max : whole(await max(request, key), 0),
        typeof window === 'number' ? window : whole(await window(request, key), 1),
        costOf(limit, request)
      )
    )
  }
  return { limits: counted, hits }
}

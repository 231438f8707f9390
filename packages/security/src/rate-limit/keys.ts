import { clientNetwork, noAddress, parseAddress } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import type { Limit } from './resolve-limit.ts'
import type { Hit } from './types.ts'

/** The limits that count a request, with its hits in the same order. */
export interface CountedHits {
  limits: readonly Limit[]
  hits: Hit[]
}

/** Called with each limit that skips the request because of its allow list. */
type OnSkip = (limit: Limit) => void

type RawKey = string | number | undefined | null

/** Characters of a key. Longer keys (tokens, whole headers) are hashed: a flood of them must not fill the memory. */
const maxKeyLength = 64

const addressOf = ({ ip }: FastifyRequest) => ip as string | undefined

/** Requests without an address share a key: otherwise a client could escape the limit by resetting its connection. */
export const keyOrNoAddress = (
  { by }: Pick<Limit, 'by'>,
  request: FastifyRequest,
  key: RawKey
): string | number | undefined =>
  key ?? (by === 'ip' && addressOf(request) === undefined ? noAddress : undefined)

const isAllowed = ({ allowed }: Limit, request: FastifyRequest): boolean => {
  if (allowed === undefined) return false
  const address = addressOf(request)
  return address !== undefined && allowed(address)
}

/**
 * IPv6 addresses are counted by their network, also those that a key generator of the app returns, and addresses without
 * the port that some proxies add: each connection of a client has another one.
 */
export const normalizeKey = (
  { subnet, isAddress }: Pick<Limit, 'subnet' | 'isAddress'>,
  key: string | number
): string => {
  const text = String(key)
  if (typeof key === 'object' && text.startsWith('[object ')) throw keyError()
  const normalized =
    isAddress && text.includes(':') && parseAddress(text) !== undefined ? clientNetwork(text, subnet) : text
  return normalized.length <= maxKeyLength
    ? normalized
    : createHash('sha256').update(normalized).digest('base64url')
}

/** An object without a text of its own is the same key for all clients: one of them could lock out the others. */
const keyError = (): RangeError =>
  new RangeError('security: "keyGenerator" must return a string or a number, got an object')

export function toHit(limit: Limit, rawKey: string | number, max: number, window: number, cost: number): Hit {
  const key = normalizeKey(limit, rawKey)
  return {
    name: limit.name,
    key,
    appKey: typeof rawKey === 'number' ? (rawKey as unknown as string) : key,
    max,
    window,
    cost,
    observe: limit.observe,
    afterRejection: limit.afterRejection
  }
}

const costOf = ({ cost }: Limit, request: FastifyRequest): number =>
  typeof cost === 'number' ? cost : toInteger('rateLimit', cost(request), 1)

/** The result of a function of the app. One that is no number fails the request: it must not disable the limit. */
export const toInteger = (option: string, value: unknown, min: number): number => {
  const integer = Math.trunc(Number(value))
  if (integer >= min && integer <= Number.MAX_SAFE_INTEGER) return integer
  throw new RangeError(
    `security: a function of "${option}" must return a number of at least ${min}, got ${String(value)}`
  )
}

/** The maximum that a function of the app returns. `Infinity` is no limit. */
const toMax = (value: unknown): number =>
  value === Infinity ? Number.MAX_SAFE_INTEGER : toInteger('rateLimit', value, 0)

/** For limits without functions of the app that may be asynchronous: no promise, the least work. */
export function collectHits(limits: readonly Limit[], request: FastifyRequest, onSkip: OnSkip): CountedHits {
  const hits: Hit[] = []
  let counted: Limit[] | undefined
  for (let i = 0; i < limits.length; i++) {
    const limit = limits[i]!
    const key = keyOrNoAddress(limit, request, limit.key(request) as RawKey)
    if (key === undefined || isAllowed(limit, request)) {
      if (key !== undefined) onSkip(limit)
      counted ??= limits.slice(0, i)
      continue
    }
    counted?.push(limit)
    const { max, window } = limit
    hits.push(toHit(limit, key, max as number, window as number, costOf(limit, request)))
  }
  return { limits: counted ?? limits, hits }
}

/** For limits with functions of the app that may be asynchronous. */
export async function collectHitsAsync(
  limits: readonly Limit[],
  request: FastifyRequest,
  onSkip: OnSkip
): Promise<CountedHits> {
  const counted: Limit[] = []
  const hits: Hit[] = []
  for (const limit of limits) {
    const rawKey = keyOrNoAddress(limit, request, await limit.key(request))
    if (rawKey === undefined) continue

    // Functions of the app get the key as its generator returned it: a number stays one.
    const key = rawKey as string
    if (isAllowed(limit, request) || (limit.allow && (await limit.allow(request, key)))) {
      onSkip(limit)
      continue
    }
    const { max, window } = limit
    counted.push(limit)
    hits.push(
      toHit(
        limit,
        rawKey,
        typeof max === 'number' ? max : toMax(await max(request, key)),
        typeof window === 'number' ? window : toInteger('rateLimit', await window(request, key), 1),
        costOf(limit, request)
      )
    )
  }
  return { limits: counted, hits }
}

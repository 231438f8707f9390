import { addressList, type AddressList } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { check, given, section } from '../option-checks.ts'
import { duration } from '../duration.ts'
import type { LimitOptions, RateLimitHook, StoreErrorPolicy } from './options.ts'

/** A limit as the hooks use it: everything checked and bound. */
export interface Limit {
  readonly name: string
  readonly by: 'ip' | 'user'
  readonly stage: RateLimitHook | 'user'
  readonly max: number | ((request: FastifyRequest, key: string) => number | Promise<number>)
  readonly window: number | ((request: FastifyRequest, key: string) => number | Promise<number>)
  readonly key: (
    request: FastifyRequest
  ) => string | number | undefined | Promise<string | number | undefined>
  readonly cost: number | ((request: FastifyRequest) => number)
  readonly allowed: AddressList | undefined
  readonly allow: ((request: FastifyRequest, key: string) => boolean | Promise<boolean>) | undefined
  readonly failures: ReadonlySet<number> | undefined
  readonly observe: boolean
  readonly onStoreError: StoreErrorPolicy
  readonly ban: number
  readonly renew: boolean
  readonly onExceeding: LimitOptions['onExceeding']
  readonly onExceeded: LimitOptions['onExceeded']
  readonly onBanReach: LimitOptions['onBanReach']
  readonly buildError: LimitOptions['errorResponseBuilder']
  /** Whether a function of the app's may take its time: such a limit is asked with promises. */
  readonly dynamic: boolean
  /** `"ip";q=100;w=60`, where it is the same for everybody. */
  readonly policy: string
  /** Bits of an IPv6 address that count. */
  readonly subnet: number
  /** The name as the `RateLimit` header has it. */
  readonly label: string
}

export const limitKeys: readonly string[] = [
  'max',
  'timeWindow',
  'by',
  'keyGenerator',
  'cost',
  'failuresOnly',
  'observe',
  'onStoreError',
  'skipOnError',
  'allowList',
  'hook',
  'groupId',
  'name',
  'ban',
  'continueExceeding',
  'ipv6Subnet',
  'onExceeding',
  'onExceeded',
  'onBanReach',
  'errorResponseBuilder'
]

const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** Checks a limit and binds it. `option` is where it was written, `fallback` its name where it has none. */
export function compileLimit(option: string, options: LimitOptions, fallback: string): Limit {
  section(option, options)
  const limit = given(options)
  check.keys(option, limit, limitKeys)
  const { max = 100, timeWindow = '1 minute', by = 'ip', cost = 1, observe = false } = limit
  const { ban = -1, continueExceeding = false, ipv6Subnet = 64, allowList = [], failuresOnly } = limit
  check.oneOf(`${option}.by`, by, ['ip', 'user'])
  check.integer(`${option}.ipv6Subnet`, ipv6Subnet, { min: 1, max: 128 })
  for (const name of [
    'keyGenerator',
    'onExceeding',
    'onExceeded',
    'onBanReach',
    'errorResponseBuilder'
  ] as const) {
    if (limit[name] !== undefined) check.fn(`${option}.${name}`, limit[name])
  }
  if (typeof max !== 'function') check.integer(`${option}.max`, max, { min: 0 })
  if (typeof cost !== 'function') check.integer(`${option}.cost`, cost, { min: 1 })
  const window = typeof timeWindow === 'function' ? timeWindow : duration(`${option}.timeWindow`, timeWindow)
  const name = limit.name ?? (limit.groupId === undefined ? fallback : `group ${limit.groupId}`)
  check.string(`${option}.name`, name)
  const { keyGenerator } = limit

  return {
    name,
    by,
    stage: limit.hook
      ? check.oneOf(`${option}.hook`, limit.hook, hooks)
      : by === 'user'
        ? 'user'
        : 'onRequest',
    max,
    window,
    key: keyGenerator ?? (by === 'user' ? userKey : ({ ip }) => ip),
    cost,
    allowed: typeof allowList === 'function' ? undefined : addresses(`${option}.allowList`, allowList),
    allow: typeof allowList === 'function' ? allowList : undefined,
    failures: failuresOnly === undefined ? undefined : statuses(`${option}.failuresOnly`, failuresOnly),
    observe: check.boolean(`${option}.observe`, observe),
    onStoreError: storeError(option, limit),
    ban: check.integer(`${option}.ban`, ban, { min: -1 }),
    renew: check.boolean(`${option}.continueExceeding`, continueExceeding),
    onExceeding: limit.onExceeding,
    onExceeded: limit.onExceeded,
    onBanReach: limit.onBanReach,
    buildError: limit.errorResponseBuilder,
    dynamic: [max, window, allowList, keyGenerator].some((value) => typeof value === 'function'),
    subnet: ipv6Subnet,
    label: quoted(name),
    policy: typeof max === 'function' || typeof window === 'function' ? '' : policyOf(name, max, window)
  }
}

/** An item of the `RateLimit-Policy` header. */
export const policyOf = (name: string, max: number, window: number): string =>
  `${quoted(name)};q=${max};w=${Math.ceil(window / 1000)}`

/** A structured field's string: ASCII, with quotes and backslashes escaped. */
export const quoted = (text: string): string =>
  `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, String.raw`\$&`)}"`

function userKey({ user }: FastifyRequest & { user?: unknown }): string | number | undefined {
  const { id, sub } = (user ?? {}) as { id?: unknown; sub?: unknown }
  const key = id ?? sub
  return typeof key === 'string' || typeof key === 'number' ? key : undefined
}

function addresses(option: string, list: readonly string[]): AddressList | undefined {
  if (!Array.isArray(list))
    return check.fail(option, 'a list of addresses and CIDR ranges, or a function', list)
  return list.length === 0 ? undefined : addressList(`security: "${option}"`, list)
}

function statuses(option: string, list: readonly number[]): ReadonlySet<number> {
  if (!Array.isArray(list) || list.length === 0) return check.fail(option, 'a list of status codes', list)
  return new Set(list.map((status) => check.integer(option, status, { min: 400, max: 599 })))
}

function storeError(option: string, { onStoreError, skipOnError }: LimitOptions): StoreErrorPolicy {
  if (skipOnError !== undefined) {
    check.boolean(`${option}.skipOnError`, skipOnError)
    if (onStoreError !== undefined) {
      check.fail(`${option}.skipOnError`, 'left out where "onStoreError" is given', skipOnError)
    }
    return skipOnError ? 'local' : 'closed'
  }
  return check.oneOf(`${option}.onStoreError`, onStoreError ?? 'local', ['local', 'open', 'closed'])
}

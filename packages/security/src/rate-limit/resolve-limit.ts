import { addressList, type AddressList, omitUndefined, optionNames } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { check, checkDuration } from '../option-checks.ts'
import type { LimitOptions, RateLimitHook, StoreErrorPolicy } from './limit-options.ts'
import type { AfterRejection } from './after-rejection.ts'
import { userKey } from './user-key.ts'
import { resolveWantedHeaders, type WantedHeaders } from './wanted-headers.ts'

type Key = string | number | undefined
type NumberFunction = (request: FastifyRequest, key: string) => number | Promise<number>

/** A limit with its defaults, checked. */
export interface Limit {
  readonly name: string
  readonly by: 'ip' | 'user'
  /** The hook in which it is evaluated; `user`: as soon as there is a user. */
  readonly stage: RateLimitHook | 'user'
  /** These three are changed at run time, by operators. */
  max: number | NumberFunction
  window: number | NumberFunction
  readonly key: (request: FastifyRequest) => Key | Promise<Key>
  /** Whether the key may be an address. The id of a user may look like one. */
  readonly isAddress: boolean
  readonly cost: number | ((request: FastifyRequest) => number)
  readonly allowed: AddressList | undefined
  readonly allow: ((request: FastifyRequest, key: string) => boolean | Promise<boolean>) | undefined
  /** The status codes of failures, if only those count. */
  readonly failures: ReadonlySet<number> | undefined
  readonly observe: boolean
  readonly onStoreError: StoreErrorPolicy
  readonly ban: number
  readonly afterRejection: AfterRejection
  readonly headersOnPass: WantedHeaders
  readonly headersOnRejection: WantedHeaders
  readonly onExceeding: LimitOptions['onExceeding']
  readonly onExceeded: LimitOptions['onExceeded']
  readonly onBanReach: LimitOptions['onBanReach']
  readonly errorResponseBuilder: LimitOptions['errorResponseBuilder']
  /** Whether functions of the app take part that may be asynchronous. */
  readonly dynamic: boolean
  /** `"ip";q=100;w=60`, unless functions decide. */
  policy: string
  /** Bits of an IPv6 address that identify a client. */
  readonly subnet: number
  /** The name as a text of the `RateLimit` header. */
  readonly label: string
}

const defaults = {
  max: 100,
  timeWindow: '1 minute',
  by: 'ip',
  cost: 1,
  observe: false,
  onStoreError: 'local',
  allowList: [],
  ban: -1,
  continueExceeding: false,
  exponentialBackoff: false,
  ipv6Subnet: 64
} as const satisfies LimitOptions

/** The names of a limit's options. */
export const limitNames: readonly string[] = optionNames<LimitOptions>({
  max: true,
  timeWindow: true,
  by: true,
  keyGenerator: true,
  cost: true,
  failuresOnly: true,
  observe: true,
  onStoreError: true,
  skipOnError: true,
  allowList: true,
  hook: true,
  groupId: true,
  name: true,
  ban: true,
  continueExceeding: true,
  exponentialBackoff: true,
  addHeaders: true,
  addHeadersOnExceeding: true,
  ipv6Subnet: true,
  onExceeding: true,
  onExceeded: true,
  onBanReach: true,
  errorResponseBuilder: true
})

const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const
const functions = ['keyGenerator', 'onExceeding', 'onExceeded', 'onBanReach', 'errorResponseBuilder'] as const

/**
 * Fills in the defaults of a limit and rejects invalid options.
 *
 * @param option - The place of the options, for messages.
 * @param defaultName - The name of a limit without `name` and `groupId`.
 */
export function resolveLimit(option: string, options: LimitOptions, defaultName: string): Limit {
  check.object(option, options, 'an object or false')
  const present = omitUndefined(options)
  check.keys(option, present, limitNames)
  const limit = { ...defaults, ...present } as LimitOptions &
    Required<Pick<LimitOptions, keyof typeof defaults>>
  const { by, ban, keyGenerator, allowList, failuresOnly } = limit
  check.oneOf(`${option}.by`, by, ['ip', 'user'])
  for (const name of functions) if (limit[name] !== undefined) check.fn(`${option}.${name}`, limit[name])
  const max = limit.max!
  if (typeof max !== 'function') check.integer(`${option}.max`, max, { min: 0 })
  const cost = limit.cost!
  if (typeof cost !== 'function') check.integer(`${option}.cost`, cost, { min: 1 })
  const timeWindow = limit.timeWindow!
  const window =
    typeof timeWindow === 'function' ? timeWindow : checkDuration(`${option}.timeWindow`, timeWindow)
  if (limit.groupId !== undefined) check.string(`${option}.groupId`, limit.groupId)
  const name = limit.name ?? (limit.groupId === undefined ? defaultName : `group ${limit.groupId}`)
  check.string(`${option}.name`, name)

  return {
    name,
    by: by!,
    stage: stageOf(option, limit),
    max,
    window,
    key: keyGenerator ?? (by === 'user' ? userKey : ({ ip }) => ip),
    isAddress: by !== 'user' || keyGenerator !== undefined,
    cost,
    allowed: typeof allowList === 'function' ? undefined : toAddressList(`${option}.allowList`, allowList!),
    allow: typeof allowList === 'function' ? allowList : undefined,
    failures: failuresOnly === undefined ? undefined : toStatusCodes(`${option}.failuresOnly`, failuresOnly),
    observe: check.boolean(`${option}.observe`, limit.observe),
    onStoreError: resolveStoreErrorPolicy(option, present),
    ban: check.integer(`${option}.ban`, ban, { min: -1 }),
    afterRejection: resolveAfterRejection(option, limit),
    headersOnPass: resolveWantedHeaders(`${option}.addHeadersOnExceeding`, limit.addHeadersOnExceeding),
    headersOnRejection: resolveWantedHeaders(`${option}.addHeaders`, limit.addHeaders),
    onExceeding: limit.onExceeding,
    onExceeded: limit.onExceeded,
    onBanReach: limit.onBanReach,
    errorResponseBuilder: limit.errorResponseBuilder,
    dynamic: [max, window, allowList, keyGenerator].some((value) => typeof value === 'function'),
    subnet: check.integer(`${option}.ipv6Subnet`, limit.ipv6Subnet, { min: 1, max: 128 }),
    label: quote(name),
    policy: policyOf(name, max, window)
  }
}

/** The item of a limit in the `RateLimit-Policy` header; empty where functions decide. */
export const policyOf = (name: string, max: Limit['max'], window: Limit['window']): string =>
  typeof max === 'function' || typeof window === 'function' ? '' : formatPolicy(name, max, window)

/** An item of the `RateLimit-Policy` header. */
export const formatPolicy = (name: string, max: number, window: number): string =>
  `${quote(name)};q=${max};w=${Math.ceil(window / 1000)}`

/** A text of a structured header: ASCII, with escaped quotes and backslashes. */
export const quote = (text: string): string =>
  `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, String.raw`\$&`)}"`

function stageOf(option: string, { hook, by }: LimitOptions): Limit['stage'] {
  if (hook !== undefined) return check.oneOf(`${option}.hook`, hook, hooks)
  return by === 'user' ? 'user' : 'onRequest'
}

function resolveAfterRejection(
  option: string,
  { continueExceeding, exponentialBackoff }: LimitOptions
): AfterRejection {
  const counts = check.boolean(`${option}.continueExceeding`, continueExceeding)
  const doubles = check.boolean(`${option}.exponentialBackoff`, exponentialBackoff)
  return doubles ? 'double' : counts ? 'count' : 'ignore'
}

function toAddressList(option: string, list: readonly string[]): AddressList | undefined {
  if (!Array.isArray(list))
    return check.fail(option, 'a list of addresses and CIDR ranges, or a function', list)
  return list.length === 0 ? undefined : addressList(`security: "${option}"`, list)
}

function toStatusCodes(option: string, list: readonly number[]): ReadonlySet<number> {
  if (!Array.isArray(list) || list.length === 0) return check.fail(option, 'a list of status codes', list)
  return new Set(list.map((status) => check.integer(option, status, { min: 400, max: 599 })))
}

function resolveStoreErrorPolicy(
  option: string,
  { onStoreError, skipOnError }: LimitOptions
): StoreErrorPolicy {
  if (skipOnError !== undefined) {
    check.boolean(`${option}.skipOnError`, skipOnError)
    if (onStoreError !== undefined) {
      check.fail(`${option}.skipOnError`, 'left out where "onStoreError" is set', skipOnError)
    }
    return skipOnError ? 'local' : 'closed'
  }
  const policies = ['local', 'open', 'closed'] as const
  return check.oneOf(`${option}.onStoreError`, onStoreError ?? defaults.onStoreError, policies)
}

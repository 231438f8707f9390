import { omitUndefined } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { check } from '../option-checks.ts'
import type { StoreErrorPolicy } from '../rate-limit/limit-options.ts'
import { quote } from '../rate-limit/resolve-limit.ts'
import { routeName, type NamedRoute } from '../rate-limit/route-plan.ts'
import { userKey } from '../rate-limit/user-key.ts'
import {
  limitNames,
  type ConcurrencyLimitOptions,
  type ResolvedConcurrency,
  type RouteConcurrency
} from './options.ts'

export type Key = string | number | undefined

/** A limit with its defaults, checked. */
export interface ConcurrencyLimit {
  readonly name: string
  readonly by: 'ip' | 'user'
  readonly max: number | ((request: FastifyRequest, key: string) => number | Promise<number>)
  readonly key: (request: FastifyRequest) => Key | Promise<Key>
  /** Whether the key may be an address. */
  readonly isAddress: boolean
  /** Bits of an IPv6 address that count. */
  readonly subnet: number
  readonly observe: boolean
  readonly onStoreError: StoreErrorPolicy
  /** The name as a text of the `RateLimit` header. */
  readonly label: string
}

/** The limits of an app. */
export interface ConcurrencyLimits {
  /** That of routes without one of their own. */
  readonly app: ConcurrencyLimit
  forRoute(route: NamedRoute, config: RouteConcurrency | undefined): ConcurrencyLimit | undefined
}

const defaults = { max: 20, by: 'user', observe: false, onStoreError: 'local' } as const

/** @param registration - The number of the plugin's registration. Metrics and headers show apart what several limit. */
export function resolveLimits(options: ResolvedConcurrency, registration: number): ConcurrencyLimits {
  const number = registration === 1 ? '' : `${registration} `
  const base = pick(options)
  const app = resolveLimit('concurrency', base, `${number}concurrency`)
  // A name identifies a count: routes that inherited the app's name would be counted together.
  const { name: _, ...inherited } = base
  return {
    app,
    forRoute(route, config) {
      if (config === false) return undefined
      if (config === undefined) return options.global ? app : undefined
      const name = routeName(route)
      const option = `concurrency of ${name}`
      check.object(option, config, 'an object or false')
      const merged: ConcurrencyLimitOptions = { ...inherited, ...omitUndefined(config) }
      return resolveLimit(option, merged, number + name)
    }
  }
}

const pick = (options: ConcurrencyLimitOptions): ConcurrencyLimitOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => limitNames.includes(name)))

function resolveLimit(
  option: string,
  options: ConcurrencyLimitOptions,
  defaultName: string
): ConcurrencyLimit {
  check.keys(option, options, limitNames)
  const { keyGenerator, name = defaultName } = options
  const { max = defaults.max, by = defaults.by } = options
  const { observe = defaults.observe, onStoreError = defaults.onStoreError } = options
  if (typeof max !== 'function') check.integer(`${option}.max`, max, { min: 1 })
  if (keyGenerator !== undefined) check.fn(`${option}.keyGenerator`, keyGenerator)
  check.oneOf(`${option}.by`, by, ['ip', 'user'])
  return {
    name: check.string(`${option}.name`, name),
    by,
    max,
    key: keyGenerator ?? (by === 'user' ? userKey : ({ ip }) => ip),
    isAddress: by === 'ip' || keyGenerator !== undefined,
    subnet: 64,
    observe: check.boolean(`${option}.observe`, observe),
    onStoreError: check.oneOf(`${option}.onStoreError`, onStoreError, ['local', 'open', 'closed']),
    label: quote(name)
  }
}

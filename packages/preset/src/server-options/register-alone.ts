import { isDeepStrictEqual } from 'node:util'
import { hasLogger, invalidOption } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { constructorOptions } from '../internals.ts'
import {
  partOptions,
  type ObservabilityPart,
  type SecurityPart,
  type SeaworthyOptions
} from '../parts/options.ts'
import type { PartSettings } from './server-options.ts'

type Settings = Readonly<Record<string, unknown>>

/** Where the constructor has each option: `http.headersTimeout`. */
const security = {
  trustProxy: 'trustProxy',
  bodyLimit: 'bodyLimit',
  requestTimeout: 'requestTimeout',
  headersTimeout: 'http.headersTimeout',
  maxParamLength: 'routerOptions.maxParamLength'
} as const satisfies Partial<Record<keyof SecurityPart, string>>

/**
 * Rejects options that only the constructor can apply, where the app has set them in `register` alone: they would be
 * silently ineffective.
 *
 * @param expected - The settings of the parts.
 * @param defaults - The settings of security without options: of an app that has called `serverOptions()` without its
 *   options. Called only where the app's differ from those expected.
 */
export function rejectRegisterAlone(
  fastify: FastifyInstance,
  options: SeaworthyOptions,
  expected: PartSettings,
  defaults: () => PartSettings
): void {
  const actual = constructorOptions(fastify)
  if (actual === undefined) return
  const configured: Settings = {
    ...partOptions<SecurityPart>(options.security === false ? {} : options.security)
  }
  const isLost = (path: string) =>
    !isDeepStrictEqual(at(actual, path), at(expected, path)) &&
    isUnset(at(actual, path), at(defaults(), path)) &&
    (path !== 'routerOptions.maxParamLength' || isUnset(actual.maxParamLength))
  const ineffective = Object.entries(security).find(
    ([name, path]) => configured[name] !== undefined && isLost(path)
  )
  if (ineffective !== undefined) fail(`security.${ineffective[0]}`)

  if (options.tls !== undefined && isUnset(actual.https) && isUnset(actual.serverFactory)) fail('tls')
  const { logger, loggerInstance } = partOptions<ObservabilityPart>(options.observability)
  // At the level "silent" a logger's functions are all the same.
  if (hasLogger(fastify) || 'level' in fastify.log) return
  if (!isUnset(loggerInstance)) fail('observability.loggerInstance')
  if (!isUnset(logger)) fail('observability.logger')
}

function fail(name: string): never {
  throw invalidOption(
    `seaworthy: "${name}" can be applied only by the constructor, which has not got it: const app = Fastify(serverOptions(options))`
  )
}

const at = (settings: object, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Settings | null | undefined)?.[key], settings)

/** A value that the app has set itself is its decision: `serverOptions` has compared them. */
const isUnset = (value: unknown, byDefault?: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  value === 1_048_576 ||
  value === byDefault

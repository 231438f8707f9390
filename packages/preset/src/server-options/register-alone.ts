import { isDeepStrictEqual } from 'node:util'
import { invalidOption } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { constructorOptions } from '../internals.ts'
import { partOptions, type SecurityPart, type SeaworthyOptions } from '../parts/options.ts'
import type { ServerSettings } from './server-options.ts'

const names = ['trustProxy', 'bodyLimit', 'requestTimeout'] as const

/**
 * Rejects options that only the constructor can apply, where the app has set them in `register` alone: they would be
 * silently lost.
 *
 * @param expected - The settings of the parts.
 */
export function rejectRegisterAlone(
  fastify: FastifyInstance,
  { security }: SeaworthyOptions,
  expected: ServerSettings
): void {
  const actual = constructorOptions(fastify)
  if (actual === undefined) return
  const given = partOptions<SecurityPart>(security === false ? {} : security)
  const lost = names.find(
    (name) =>
      given[name] !== undefined && !isDeepStrictEqual(actual[name], expected[name]) && isUnset(actual[name])
  )
  if (lost !== undefined)
    throw invalidOption(
      `seaworthy: "security.${lost}" can be applied only by the constructor, which has not got it: const app = Fastify(serverOptions(options))`
    )
}

/** A value that the app has set itself is its decision: `serverOptions` has compared them. */
const isUnset = (value: unknown): boolean =>
  value === undefined || value === false || value === 0 || value === 1_048_576

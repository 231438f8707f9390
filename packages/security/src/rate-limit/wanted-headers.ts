import { omitUndefined } from '@seaworthy/internal'
import { check } from '../option-checks.ts'

/** Which of the older headers a limit sends. */
export interface WantedHeaders {
  readonly limit: boolean
  readonly remaining: boolean
  readonly reset: boolean
  readonly retryAfter: boolean
}

const parts = ['limit', 'remaining', 'reset'] as const
const names: readonly string[] = [
  'retry-after',
  ...parts.flatMap((part) => [`x-ratelimit-${part}`, `ratelimit-${part}`])
]

/** Resolves `addHeaders` or `addHeadersOnExceeding`. Each header is sent unless it is left out. */
export function resolveWantedHeaders(option: string, value: object | undefined): WantedHeaders {
  check.object(option, value ?? {}, 'an object or false')
  const add = omitUndefined(value ?? {}) as Readonly<Record<string, boolean>>
  check.keys(option, add, names)
  for (const [name, wanted] of Object.entries(add)) check.boolean(`${option}.${name}`, wanted)
  const wants = (part: string) => add[`x-ratelimit-${part}`] !== false && add[`ratelimit-${part}`] !== false
  return {
    limit: wants('limit'),
    remaining: wants('remaining'),
    reset: wants('reset'),
    retryAfter: add['retry-after'] !== false
  }
}

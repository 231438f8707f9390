import type { Answer } from './answer.ts'
import type { ResolvedOptions } from './options.ts'
import { titleOf } from './status.ts'

/** The body of an error as plain JSON. */
export interface ErrorBody {
  statusCode: number
  /** The status in words. */
  error: string
  message: string
  /** Stable, for programs. */
  code: string
  /** The request's id, as it is in the logs. */
  correlationId: string
  details?: unknown
  [extension: string]: unknown
}

/** The body of an error as problem details (RFC 9457). */
export interface ProblemBody {
  /** Names the kind of problem: `typeBase` and the code, or `about:blank`. */
  type: string
  title: string
  status: number
  detail: string
  /** The path that was asked for. */
  instance: string
  code: string
  correlationId: string
  errors?: unknown
  [extension: string]: unknown
}

export const jsonType = 'application/json; charset=utf-8'
export const problemType = 'application/problem+json; charset=utf-8'

const kebab = (code: string): string => code.toLowerCase().replaceAll('_', '-')

function withExtensions<Body extends ErrorBody | ProblemBody>(
  body: Body,
  answer: Answer,
  names: readonly string[]
): Body {
  if (answer.extensions === undefined) return body
  for (const name of names) {
    const value = answer.extensions[name]
    if (value !== undefined) (body as Record<string, unknown>)[name] = value
  }
  return body
}

export function jsonBody(answer: Answer, correlationId: string, { extensions }: ResolvedOptions): ErrorBody {
  const { statusCode, code, message, details } = answer
  const body: ErrorBody = { statusCode, error: titleOf(statusCode), message, code, correlationId }
  if (details !== undefined) body.details = details
  return withExtensions(body, answer, extensions)
}

export function problemBody(
  answer: Answer,
  correlationId: string,
  url: string,
  { typeBase, extensions }: ResolvedOptions
): ProblemBody {
  const { statusCode, code, message, details } = answer
  const body: ProblemBody = {
    type: typeBase === undefined ? 'about:blank' : `${typeBase}${kebab(code)}`,
    title: titleOf(statusCode),
    status: statusCode,
    detail: message,
    instance: pathOf(url),
    code,
    correlationId
  }
  if (details !== undefined) body[Array.isArray(details) ? 'errors' : 'details'] = details
  return withExtensions(body, answer, extensions)
}

const maxPath = 2048

/** Without the query: it may hold what should not be repeated. */
export const pathOf = (url: string): string => {
  const end = url.indexOf('?')
  return (end === -1 ? url : url.slice(0, end)).slice(0, maxPath)
}

const optional = ['details', 'errors'] as const

/** Details come from the app and may not be serialisable (a cycle, a BigInt): then the rest goes without them. */
export function serializeBody(body: unknown): string {
  try {
    return JSON.stringify(body) ?? 'null'
  } catch {
    const kept = Object.entries(body as ErrorBody | ProblemBody).filter(
      ([name, value]) => !optional.includes(name as never) && (typeof value !== 'object' || value === null)
    )
    return JSON.stringify(Object.fromEntries(kept.filter(([, value]) => typeof value !== 'bigint')))
  }
}

import { titleOf } from '../classes/status.ts'
import type { ErrorReply } from '../resolve/error-reply.ts'
import type { BodyOptions } from './options.ts'

/**
 * The body of an error as plain JSON.
 *
 * @example
 * const { message, code, correlationId } = (await app.inject('/')).json<ErrorBody>()
 * console.log(`${code}: ${message} (${correlationId})`)
 */
export interface ErrorBody {
  statusCode: number
  /** The status in words. */
  error: string
  message: string
  /** Stable, for programs. */
  code: string
  /** The id of the request, as in the logs. */
  correlationId: string
  details?: unknown
  [extension: string]: unknown
}

/**
 * The body of an error as problem details (RFC 9457).
 *
 * @example
 * const response = await app.inject({ url: '/', headers: { accept: 'application/problem+json' } })
 * const { type, title, detail } = response.json<ProblemBody>()
 * console.log(type, title, detail)
 */
export interface ProblemBody {
  /** Identifies the kind of problem: `typeBase` and the code, or `about:blank`. */
  type: string
  title: string
  status: number
  detail: string
  /** The path of the request. */
  instance: string
  code: string
  correlationId: string
  errors?: unknown
  [extension: string]: unknown
}

export const jsonType = 'application/json; charset=utf-8'
export const problemType = 'application/problem+json; charset=utf-8'

const toKebabCase = (code: string): string => code.toLowerCase().replaceAll('_', '-')

function withExtensions<Body extends ErrorBody | ProblemBody>(
  body: Body,
  reply: ErrorReply,
  names: readonly string[]
): Body {
  if (reply.extensions === undefined) return body
  for (const name of names) {
    const value = reply.extensions[name]
    if (value !== undefined) (body as Record<string, unknown>)[name] = value
  }
  return body
}

export function jsonBody(reply: ErrorReply, correlationId: string, { extensions }: BodyOptions): ErrorBody {
  const { statusCode, code, message, details } = reply
  const body: ErrorBody = { statusCode, error: titleOf(statusCode), message, code, correlationId }
  if (details !== undefined) body.details = details
  return withExtensions(body, reply, extensions)
}

export function problemBody(
  reply: ErrorReply,
  correlationId: string,
  url: string,
  { typeBase, extensions }: BodyOptions
): ProblemBody {
  const { statusCode, code, message, details } = reply
  const body: ProblemBody = {
    type: typeBase === undefined ? 'about:blank' : `${typeBase}${toKebabCase(code)}`,
    title: titleOf(statusCode),
    status: statusCode,
    detail: message,
    instance: pathOf(url),
    code,
    correlationId
  }
  if (details !== undefined) body[Array.isArray(details) ? 'errors' : 'details'] = details
  return withExtensions(body, reply, extensions)
}

const maxPath = 2048

/** The path of a URL, without the query: it may hold secrets. */
export const pathOf = (url: string): string => {
  const end = url.indexOf('?')
  return (end === -1 ? url : url.slice(0, end)).slice(0, maxPath)
}

const optionalMembers: ReadonlySet<string> = new Set(['details', 'errors'])

/** Serialises a body. If its details cannot be serialised (a cycle, a BigInt), it is sent without them. */
export function serializeBody(body: unknown): string {
  try {
    return JSON.stringify(body) ?? 'null'
  } catch {
    const kept = Object.entries(body as ErrorBody | ProblemBody).filter(
      ([name, value]) => !optionalMembers.has(name) && (typeof value !== 'object' || value === null)
    )
    return JSON.stringify(Object.fromEntries(kept.filter(([, value]) => typeof value !== 'bigint')))
  }
}

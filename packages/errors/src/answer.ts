import type { ErrorHeaders } from './app-error.ts'

/** What a client is told of an error. */
export interface Answer {
  /** From 400 to 599. */
  statusCode: number
  code: string
  message: string
  /** Only from our own errors: another's would carry an upstream's cookies. */
  headers?: ErrorHeaders | undefined
  details?: unknown
  extensions?: Readonly<Record<string, unknown>> | undefined
}

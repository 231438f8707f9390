import type { ErrorHeaders } from '../classes/app-error.ts'

/** The content of an error's response, before it gets its format. */
export interface ErrorReply {
  /** From 400 to 599. */
  statusCode: number
  code: string
  message: string
  /** Only of errors with the brand: another error's headers may be an upstream's, with its cookies. */
  headers?: ErrorHeaders | undefined
  details?: unknown
  extensions?: Readonly<Record<string, unknown>> | undefined
}

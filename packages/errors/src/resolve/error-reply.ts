import type { ErrorHeaders } from '../classes/app-error.ts'

/** The content of an error's response, before it gets its format. */
export interface ErrorReply {
  /** From 400 to 599. */
  statusCode: number
  code: string
  message: string
  /** Whether the error has a message that is not sent, because it is not known to be made for clients. */
  masked?: boolean
  /** Never those of an upstream's response, with its cookies. */
  headers?: ErrorHeaders | undefined
  details?: unknown
  extensions?: Readonly<Record<string, unknown>> | undefined
}

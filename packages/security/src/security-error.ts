import { clientErrorBrand } from '@seaworthy/contract'

/** An error whose status, code, message and headers may go to the client. */
export class SecurityError extends Error {
  override readonly name: string = 'SecurityError'
  readonly [clientErrorBrand] = true as const
  readonly code: string
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly expose = true

  constructor(
    message: string,
    { code, statusCode, headers }: { code: string; statusCode: number; headers?: Record<string, string> },
    options?: ErrorOptions
  ) {
    super(message, options)
    this.code = code
    this.statusCode = statusCode
    this.headers = headers
  }
}

import { nameErrorClass, PluginError } from '@seaworthy/internal'

// Errors of what an app or its user has written: an address, a path, a function in the options.

/**
 * 400: a value that would change the path of the outgoing URL.
 *
 * @example
 * const isForged = (error: unknown) => error instanceof PathError && error.code === 'INVALID_PATH_SEGMENT'
 * app.get('/users/:id', async (request) => {
 *   const { id } = request.params as { id: string }
 *   const response = await app.resilience.fetch(request, 'http://users.internal', { path: [id] })
 *   return response.json()
 * })
 */
export class PathError extends PluginError<'INVALID_PATH_SEGMENT'> {
  static {
    nameErrorClass(this, 'PathError')
  }

  constructor() {
    super('A value in the path is not allowed', { code: 'INVALID_PATH_SEGMENT', statusCode: 400 })
  }
}

/**
 * 400: the URL of a call has no host (`data:`, `file:`); or with `allowPrivate: false`, the address, or one that the call
 * was redirected to, is not a public one.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof AddressError) return reply.code(400).send({ message: 'Use a public address' })
 *   throw error
 * })
 */
export class AddressError extends PluginError<'ADDRESS_NOT_ALLOWED'> {
  static {
    nameErrorClass(this, 'AddressError')
  }

  constructor() {
    super('The address is not allowed', { code: 'ADDRESS_NOT_ALLOWED', statusCode: 400 })
  }
}

/**
 * A function in the options of a breaker has thrown, or returned what it must not. `cause` is what it threw.
 *
 * @example
 * app.addHook('onError', async (_request, _reply, error) => {
 *   if (error instanceof CallbackError) app.log.error(`correct the option ${error.option}`)
 * })
 */
export class CallbackError extends Error {
  static {
    nameErrorClass(this, 'CallbackError')
  }

  readonly code = 'CALLBACK_FAILED'
  /** The option with the function: `key`. */
  readonly option: string

  /** @param breaker - The name of the breaker. */
  constructor(breaker: string, option: string, problem: string, cause?: unknown) {
    super(
      `resilience: the option "${option}" of the breaker "${breaker}" ${problem}; the call fails; fix that function`,
      cause === undefined ? undefined : { cause }
    )
    this.option = option
  }
}

/**
 * The two shapes of an error's body.
 *
 * @example
 * const format: ErrorFormat = 'problem'
 * await app.register(errors, { format })
 */
export type ErrorFormat = 'json' | 'problem'

/**
 * Translates the message of a code into a language (`de-CH`, `de`). Returns `undefined` if there is no translation.
 *
 * @example
 * const messages: ErrorMessages = (code, locale) => (code === 'NOT_FOUND' && locale.startsWith('de') ? 'Nicht gefunden' : undefined)
 * await app.register(errors, { messages })
 */
export type ErrorMessages = (code: string, locale: string, message: string) => string | undefined

/** The options that decide an error's body. */
export interface BodyOptions {
  typeBase: string | undefined
  extensions: readonly string[]
}

/** The options that decide how an error is sent. */
export interface RespondOptions extends BodyOptions {
  format: ErrorFormat
  messages: ErrorMessages | undefined
  challenge: string | undefined
}

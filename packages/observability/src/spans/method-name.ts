const methods: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE QUERY'.split(' ')
)

/** A method of the semantic conventions, or the word that they have for any other one: a client may send any text. */
export const methodName = (method: string): string => (methods.has(method) ? method : '_OTHER')

/** The method in the name of a span. */
export const methodInName = (method: string): string => (methods.has(method) ? method : 'HTTP')

import { STATUS_CODES } from 'node:http'

/** A whole number from 400 to 599: what an error may answer with. */
export const isErrorStatus = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599

/** The status in words: `Not Found`. */
export const titleOf = (statusCode: number): string =>
  STATUS_CODES[statusCode] ?? (statusCode < 500 ? 'Client Error' : 'Server Error')

/** The status as a code: `NOT_FOUND`, `IM_A_TEAPOT`. */
export const codeOf = (statusCode: number): string =>
  titleOf(statusCode)
    .replaceAll("'", '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()

/** What is said where the error's own message is not for the client. */
export const maskedMessage = (statusCode: number): string =>
  statusCode === 500 ? 'An error occurred' : titleOf(statusCode)

const standardCodes: ReadonlySet<unknown> = new Set(
  Object.keys(STATUS_CODES).map((status) => codeOf(Number(status)))
)

/** A code as it may be sent and counted: short, and of letters that need no care anywhere. */
export const isCode = (value: unknown): value is string =>
  standardCodes.has(value) || (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(value))

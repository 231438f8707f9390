import { STATUS_CODES } from 'node:http'

/** Whether a value is the status of an error: a whole number from 400 to 599. */
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

/** The message of a response whose error has a message that is not for the client. */
export const maskedMessage = (statusCode: number): string =>
  statusCode === 500 ? 'An error occurred' : titleOf(statusCode)

const standardCodes: ReadonlySet<unknown> = new Set(
  Object.keys(STATUS_CODES).map((status) => codeOf(Number(status)))
)

/** Whether a value can be sent and counted as a code: it is short, and no context needs to escape its characters. */
export const isCode = (value: unknown): value is string =>
  standardCodes.has(value) || (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(value))

import { scrubText } from '@seaworthy/internal'
import { ownPart } from '../own-part.ts'
import { errorJson, errSerializer, type ErrorJson } from './bounded-json.ts'

type Fields = Record<string, unknown>
type LogMethod = (this: unknown, args: unknown[], method: (...args: unknown[]) => void) => void

/** pino takes an error's message for the line's where there is no other. It may hold secrets, as the error does. */
export const safeLogMethod: LogMethod = ownPart(function logMethod(this: unknown, args, method) {
  const [first, message] = args
  if (typeof first === 'object' && first !== null && message === undefined) {
    const { msg, message: text, body, err } = first as Fields
    const error = first instanceof Error ? first : (msg ?? text ?? body) === undefined ? err : undefined
    if (error instanceof Error) args[1] = scrubText(error.message.slice(0, maxMessage))
  }
  method.apply(this, args)
} satisfies LogMethod)

const maxMessage = 4096

/** Gives the errors of a service's lines the names of the platform. */
export const errorFormatter = (fieldsOf: (err: ErrorJson) => Fields): ((line: Fields) => Fields) =>
  ownPart((line: Fields) => {
    const { err, ...others } = line
    if (typeof err !== 'object' || err === null) return line
    const json = err instanceof Error ? errorJson(err) : (errSerializer(err) as ErrorJson)
    return typeof json?.message === 'string' ? { ...others, ...fieldsOf(json) } : line
  })

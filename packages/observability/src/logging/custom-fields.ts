import { namesSecret } from '@seaworthy/internal'
import { boundedValue } from './bounded-json.ts'
import { ByteBudget } from './byte-budget.ts'
import type { Schema } from './schemas.ts'

/** Bytes of a line. Programs that collect lines cut or reject longer ones. */
const maxLine = 16_384
// The bytes that pino writes around the fields: level, time, the service's bindings, ids, message.
const pinoBytes = 1024
const maxField = 1024
const maxName = 100

/** The fields of the app as JSON text: each bounded, and together no more than the line has room for. */
export function customFields(
  fields: () => Record<string, unknown>,
  { reserved, fieldName = sameName }: Schema,
  lineBytes: number
): string {
  const room = maxLine - pinoBytes - lineBytes
  let text = ''
  let bytes = 0
  let dropped = 0
  try {
    for (const [name, value] of Object.entries(fields())) {
      if (reserved.has(name)) continue
      const field = fieldText(name, value, fieldName)
      const size = Buffer.byteLength(field)
      if (bytes + size > room || name.length > maxName) {
        dropped++
        continue
      }
      text += field
      bytes += size
    }
  } catch (error) {
    text += fieldText('fieldsError', error instanceof Error ? error.message : error, fieldName)
  }
  return dropped === 0 ? text : `${text},"droppedFields":${dropped}`
}

const sameName = (name: string): string => name

function fieldText(name: string, value: unknown, nameOf: (name: string, value: unknown) => string): string {
  const shown = namesSecret(name) ? '[redacted]' : boundedValue(value, new ByteBudget(maxField))
  const json = JSON.stringify(shown)
  return json === undefined ? '' : `,${JSON.stringify(nameOf(name, shown))}:${json}`
}

import { boundedValue } from './bounded-json.ts'
import { Budget } from './byte-budget.ts'
import type { Schema } from './schemas.ts'

/** What a line may take: more is cut or refused by the programs that collect lines. */
const maxLine = 16_384
// What pino writes before and after: level, time, the service's bindings, ids, message.
const others = 1024
const maxField = 1024
const maxName = 100

/** Fields of the service's own, as JSON text: each bounded, and together no more than the line has room for. */
export function userFields(
  fields: () => Record<string, unknown>,
  { taken }: Schema,
  lineBytes: number
): string {
  const room = maxLine - others - lineBytes
  let text = ''
  let bytes = 0
  let leftOut = 0
  try {
    for (const [name, value] of Object.entries(fields())) {
      if (taken.has(name)) continue
      const field = fieldText(name, value)
      const size = Buffer.byteLength(field)
      if (bytes + size > room || name.length > maxName) {
        leftOut++
        continue
      }
      text += field
      bytes += size
    }
  } catch (error) {
    text += fieldText('fieldsError', error instanceof Error ? error.message : error)
  }
  return leftOut === 0 ? text : `${text},"fieldsLeftOut":${leftOut}`
}

function fieldText(name: string, value: unknown): string {
  const json = JSON.stringify(boundedValue(value, new Budget(maxField)))
  return json === undefined ? '' : `,${JSON.stringify(name)}:${json}`
}

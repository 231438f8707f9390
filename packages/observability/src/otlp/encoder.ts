import type { ResolvedConnection } from './connection.ts'
import type { Encoder } from './data.ts'
import { jsonEncoder } from './json-encoder.ts'
import { protobufEncoder } from './protobuf-encoder.ts'

/**
 * The encoder of a connection.
 *
 * @throws RangeError where the package that it needs is missing.
 */
export const encoderFor = (option: string, { protocol }: ResolvedConnection): Encoder =>
  protocol === 'http/json' ? jsonEncoder : protobufEncoder(`${option}.protocol`, import.meta.url)

import type { EnvironmentSchema } from '../../../preset/src/environment/types.ts'
import type { Choices } from '../choices.ts'

const database: EnvironmentSchema['properties'] = {
  DB_HOST: {
    type: 'string',
    example: 'postgres.example.com',
    description: 'Host of PostgreSQL. Without it notes are in memory, except in production, which needs it.'
  },
  DB_PORT: {
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
    default: 5432,
    description: 'Port of PostgreSQL.'
  },
  DB_NAME: { type: 'string', default: 'postgres', description: 'Its database.' },
  DB_USER: { type: 'string', default: 'postgres', description: 'Its user.' },
  DB_PASSWORD: { type: 'string', secret: true, description: 'The password of this user.' },
  DB_POOL_MAX: { type: 'integer', minimum: 1, default: 10, description: 'Connections at most.' }
}

/** The variables of a new service. */
export const environmentOf = ({ postgres }: Choices): EnvironmentSchema => ({
  properties: postgres ? database : {},
  required: ['JWT_SECRET']
})

/** A value as JavaScript in the style of the templates. */
export function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", String.raw`\'`)}'`
  if (Array.isArray(value)) return `[${value.map((entry) => literal(entry)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).map(([key, member]) => `${key}: ${literal(member, `${indent}  `)}`)
  if (members.length === 0) return '{}'
  const line = `{ ${members.join(', ')} }`
  return line.includes('\n') || line.length + indent.length > 90
    ? `{\n${members.map((member) => `${indent}  ${member}`).join(',\n')}\n${indent}}`
    : line
}

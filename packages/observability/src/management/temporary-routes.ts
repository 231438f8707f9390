import { setsState, type Management } from '@seaworthy/contract'
import { defaultTtl, ttlSchema, type Temporary } from './temporary.ts'

/** A setting that operators may change for a time. */
export interface TemporarySetting<T> {
  /** Its member in bodies and responses. */
  name: string
  url: string
  /** The name of an action in the log. */
  action: string
  schema: object
  setting: Temporary<T>
  /** Called after it was changed. */
  changed?: (state: object) => void
}

/** Adds `GET`, `PUT` and `DELETE` of a setting. Returns how to read its state. */
export function addTemporaryRoutes<T>(
  management: Management,
  { name, url, action, schema: value, setting, changed }: TemporarySetting<T>
): () => object {
  const config = setsState(() => action)
  const properties = { [name]: value, ttl: ttlSchema }
  const schema = { body: { type: 'object', required: [name], additionalProperties: false, properties } }
  const state = (): object => {
    const { value: current, ...others } = setting.state
    return { [name]: current, ...others }
  }
  management.route({ method: 'GET', url, handler: async () => state() })
  management.route({
    method: 'PUT',
    url,
    config,
    schema,
    async handler({ body }) {
      const { [name]: wanted, ttl = defaultTtl } = body as Record<string, unknown>
      setting.set(wanted as T, ttl as number)
      changed?.(state())
      return state()
    }
  })
  management.route({
    method: 'DELETE',
    url,
    config,
    async handler() {
      setting.reset()
      return state()
    }
  })
  return state
}

/** The field sets of Elastic Common Schema 9.4: in each line that has one, it is an object. */
const fieldSets = new Set(
  (
    'agent client cloud container data_stream destination device dll dns ecs email entity error event faas file gen_ai ' +
    'group host http labels log network observer orchestrator organization package process registry related rule server ' +
    'service source span threat tls trace transaction url user user_agent volume vulnerability'
  ).split(' ')
)

/**
 * The name of an app's field. Elasticsearch rejects a line whose `url` or `user` is a text, because those are objects: such
 * a field becomes a label.
 */
export const ecsName = (name: string, value: unknown): string =>
  fieldSets.has(name) && (typeof value !== 'object' || value === null || Array.isArray(value))
    ? `labels.${name}`
    : name

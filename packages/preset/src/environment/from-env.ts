import { invalidOption } from '@seaworthy/internal'
import type { FastifyListenOptions } from 'fastify'
import type { SeaworthyOptions } from '../parts/options.ts'
import type { RedisOption } from '../redis/options.ts'
import { partOptionsFrom } from './part-options.ts'
import { environmentSchema, type Environment } from './schema.ts'
import type { EnvironmentOf, EnvironmentSchema, VariableSchema } from './types.ts'
import { readEnvironment } from './read-environment.ts'

/**
 * Further options of {@link fromEnv}.
 *
 * @example
 * const options: FromEnvOptions<EnvironmentSchema> = { schema: { properties: { DB_HOST: { type: 'string' } } } }
 * console.log(fromEnv(process.env, options).listen.port)
 */
export interface FromEnvOptions<S extends EnvironmentSchema> {
  /**
   * The app's own variables: checked and typed like the preset's, and in `env`. A variable of the preset takes its rule
   * from here, of the same type.
   *
   * @defaultValue none: only the preset's variables
   */
  schema?: S
}

/**
 * The result of {@link fromEnv}: the preset's options, the address to listen on, and the checked variables.
 *
 * @example
 * const start = async (config: Config<Environment>) => {
 *   const app = Fastify(serverOptions(config))
 *   await app.register(seaworthy, config)
 *   await app.listen(config.listen)
 * }
 * await start(fromEnv())
 */
export interface Config<E> extends SeaworthyOptions {
  /** The variables, typed. Secrets are `Secret`: `env.JWT_SECRET?.reveal()`. */
  env: E
  /** For `app.listen`. */
  listen: FastifyListenOptions & { host: string; port: number }
  redis?: RedisOption | undefined
}

/**
 * Options from the environment: `const config = fromEnv()`, then `Fastify(serverOptions(config))`,
 * `app.register(seaworthy, config)` and `app.listen(config.listen)`.
 *
 * @example
 * const config = fromEnv()
 * const app = Fastify(serverOptions(config))
 * await app.register(seaworthy, config)
 * await app.listen(config.listen)
 * @param env - The variables, `process.env` by default.
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and all problems: names and rules, never a value.
 */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- the app has no variables
export function fromEnv<const S extends EnvironmentSchema = { properties: Record<never, never> }>(
  env: NodeJS.ProcessEnv = process.env,
  { schema }: FromEnvOptions<S> = {}
): Config<Omit<Environment, keyof S['properties']> & EnvironmentOf<S>> {
  if (typeof (env as { schema?: unknown }).schema === 'object')
    throw invalidOption('seaworthy: "schema" is the second argument: fromEnv(process.env, { schema })')
  if (schema) assertKinds(schema)
  const checked = readEnvironment(env, {
    properties: { ...environmentSchema.properties, ...schema?.properties },
    required: [...environmentSchema.required, ...(schema?.required ?? [])]
  }) as Environment
  return {
    ...partOptionsFrom(checked),
    env: checked as Omit<Environment, keyof S['properties']> & EnvironmentOf<S>,
    listen: { host: checked.HOST, port: checked.PORT }
  }
}

const types: readonly unknown[] = [
  'string',
  'integer',
  'number',
  'boolean'
] satisfies VariableSchema['type'][]

/**
 * A rule of the app for a variable of the preset may be narrower, but not of another kind: the parts read the variable.
 * A secret is a text.
 *
 * @throws RangeError with the code `INVALID_OPTION`.
 */
function assertKinds({ properties }: EnvironmentSchema): void {
  const own: EnvironmentSchema['properties'] = environmentSchema.properties
  for (const [name, { type, secret }] of Object.entries(properties)) {
    if (!types.includes(type) || (secret && type !== 'string'))
      throw invalidOption(
        `seaworthy: "schema.properties.${name}.type" must be ${secret ? "'string', as of each secret" : `one of ${types.join(', ')}`}`
      )
    const variable = Object.hasOwn(own, name) ? own[name] : undefined
    if (
      variable === undefined ||
      (variable.type === type && (variable.secret ?? false) === (secret ?? false))
    )
      continue
    const kind = variable.secret ? 'secret: true' : `type: '${variable.type}'`
    throw invalidOption(
      `seaworthy: "schema.properties.${name}" must have ${kind}, because the preset reads the variable; choose another name for yours`
    )
  }
}

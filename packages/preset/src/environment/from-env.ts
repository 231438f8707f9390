import { invalidOption, optionChecks } from '@seaworthy/internal'
import type { FastifyListenOptions } from 'fastify'
import type { SeaworthyOptions } from '../parts/options.ts'
import type { RedisOption } from '../redis/options.ts'
import { reader } from './load.cjs'
import { environmentSchema, type Environment } from './schema.ts'
import type { EnvironmentOf, EnvironmentSchema } from './types.ts'

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
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and all problems: names and rules, never a value. RangeError with
 * `code: 'INVALID_OPTION'` for a rule of the app that is wrong itself.
 */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- the app has no variables
export function fromEnv<const S extends EnvironmentSchema = { properties: Record<never, never> }>(
  env: NodeJS.ProcessEnv = process.env,
  options: FromEnvOptions<S> = {}
): Config<Omit<Environment, keyof S['properties']> & EnvironmentOf<S>> {
  if (typeof (env as { schema?: unknown }).schema === 'object')
    throw invalidOption('seaworthy: "schema" is the second argument: fromEnv(process.env, { schema })')
  optionChecks('seaworthy').keys('fromEnv', options, ['schema'])
  const { schema } = options
  const { checkSchema, partOptionsFrom, readEnvironment } = reader()
  if (schema !== undefined) checkSchema(schema)
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

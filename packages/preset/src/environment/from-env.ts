import type { FastifyListenOptions } from 'fastify'
import type { RedisOption, SeaworthyOptions } from '../parts/options.ts'
import { partOptionsFrom } from './part-options.ts'
import { environmentSchema, type Environment } from './schema.ts'
import type { EnvironmentOf, EnvironmentSchema } from './types.ts'
import { readEnvironment } from './read-environment.ts'

/** Further options of {@link fromEnv}. */
export interface FromEnvOptions<S extends EnvironmentSchema> {
  /** Your own variables, checked and typed with the preset's, and in `env`. A name of the preset's replaces its rule. */
  schema?: S
}

/** What {@link fromEnv} gives: the preset's options, where to listen, and the checked variables. */
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
 * @param env - Where to read from, `process.env` by default.
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and every problem at once: names and rules, never a value.
 */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no variables of the app's own
export function fromEnv<const S extends EnvironmentSchema = { properties: Record<never, never> }>(
  env: NodeJS.ProcessEnv = process.env,
  { schema }: FromEnvOptions<S> = {}
): Config<Omit<Environment, keyof S['properties']> & EnvironmentOf<S>> {
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

import { fromEnv } from 'fastify-seaworthy'
import { environment } from './environment.ts'

/** Options of every part from the environment, and the service's own variables. Throws when one is wrong. */
export const readConfig = (env: NodeJS.ProcessEnv) => fromEnv(env, { schema: environment })

export type Config = ReturnType<typeof readConfig>
export type Environment = Config['env']

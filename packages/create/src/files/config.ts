import type { Choices, File } from '../choices.ts'
import { environmentOf, literal } from './environment.ts'
import type { Language } from './language.ts'

/** `src/config`: the variables, read and checked. */
export function configFile(choices: Choices, { ext, ts }: Language): File {
  const { properties, required } = environmentOf(choices)
  return {
    path: `src/config.${ext}`,
    text: `import { fromEnv${ts(', type EnvironmentSchema')} } from 'fastify-seaworthy'

/** The service's own variables, checked like those of fastify-seaworthy. Add yours here. */
export const environment = {
  properties: ${literal(properties, '  ')},
  required: ${literal(required)}
}${ts(' as const satisfies EnvironmentSchema')}

/** The options from the environment. Throws one error with everything that is wrong or missing. */
export const readConfig = (env${ts(': NodeJS.ProcessEnv')}) => fromEnv(env, { schema: environment })
${ts('\nexport type Config = ReturnType<typeof readConfig>\n')}`
  }
}

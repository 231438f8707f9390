import type { File } from '../choices.ts'
import type { Language } from './language.ts'

/** `src/server`: the file that Node runs. */
export const serverFile = ({ ext, ts }: Language): File => ({
  path: `src/server.${ext}`,
  text: `import { buildApp } from './app.${ext}'
import { readConfig } from './config.${ext}'

try {
  const config = readConfig(process.env)
  const app = await buildApp(config)
  await app.listen(config.listen)
} catch (error) {
  const { code, message } = error${ts(' as NodeJS.ErrnoException')}
  // An error of the environment says what to set; a stack would only hide it.
  console.error(code === 'ERR_ENVIRONMENT' ? message : error)
  process.exit(1)
}
`
})

/** `scripts/token`: a token for trying the service on this machine. */
export const tokenFile = ({ ext }: Language): File => ({
  path: `scripts/token.${ext}`,
  text: `// Prints a token for calls to the service on this machine: npm run --silent token -- ada
import { buildApp } from '../src/app.${ext}'
import { readConfig } from '../src/config.${ext}'

const app = await buildApp(readConfig({ ...process.env, LOG_LEVEL: 'silent' }))
const { accessToken } = await app.auth.issueTokens({ sub: process.argv[2] ?? 'ada' })
console.log(accessToken)
await app.close()
`
})

import type { Choices, File } from '../choices.ts'
import { versionOf } from '../package-manager.ts'
import { versionRange } from '../versions.ts'

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const ranges = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, versionRange(name)]))

const command = 'node --env-file=.env node_modules/fastify-seaworthy/dist/cli.js'

/** `package.json`. */
export function manifestFile({ name, language, postgres, redis, packageManager }: Choices): File {
  const isTyped = language === 'typescript'
  const ext = isTyped ? 'ts' : 'js'
  const dependencies = [
    'fastify',
    'fastify-seaworthy',
    ...(redis ? ['ioredis'] : []),
    ...(postgres ? ['pg'] : [])
  ]
  const devDependencies = ['@types/node', ...(postgres ? ['@types/pg'] : []), 'typescript']
  return {
    path: 'package.json',
    text: json({
      name,
      version: '1.0.0',
      private: true,
      type: 'module',
      // The first of each line that runs TypeScript without a flag.
      engines: { node: isTyped ? '^22.18 || ^24 || >=26' : '^22.12 || ^24 || >=26' },
      ...(packageManager !== 'npm' && { packageManager: `${packageManager}@${versionOf(packageManager)}` }),
      scripts: {
        dev: `node --watch --env-file=.env src/server.${ext}`,
        start: `node src/server.${ext}`,
        test: `node --test "test/**/*.test.${ext}"`,
        ...(isTyped && { typecheck: 'tsc' }),
        token: `node --env-file=.env scripts/token.${ext}`,
        // Not by the name of the command: it needs the variables of the file.
        doctor: `${command} doctor src/server.${ext}`,
        matrix: `${command} matrix src/server.${ext}`
      },
      dependencies: ranges(dependencies),
      ...(isTyped && { devDependencies: ranges(devDependencies) })
    })
  }
}

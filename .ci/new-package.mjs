// npm run new-package -- health "Liveness, readiness and startup probes": a package that builds, checks and has a test.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'

const [name, description = 'A Fastify plugin.'] = process.argv.slice(2)
if (!name || !/^[a-z][a-z-]*$/.test(name)) {
  console.error(
    'usage: npm run new-package -- NAME ["DESCRIPTION"], NAME in lower case: new-package -- health'
  )
  process.exit(2)
}
const folder = `packages/${name}`
if (existsSync(folder)) {
  console.error(`${folder} exists already: choose another name, or remove the folder first`)
  process.exit(2)
}

const identifier = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())
const type = identifier[0].toUpperCase() + identifier.slice(1)
const entry = {
  import: { types: './dist/index.d.ts', default: './dist/index.js' },
  require: { types: './dist/index.d.cts', default: './dist/index.cjs' }
}
const manifest = {
  name: `@seaworthy/${name}`,
  version: '0.0.0',
  description,
  keywords: ['fastify', 'fastify-plugin', name],
  license: 'MIT',
  repository: { type: 'git', url: 'git+https://github.com/seaworthy/seaworthy.git', directory: folder },
  files: ['dist'],
  type: 'module',
  sideEffects: false,
  main: './dist/index.cjs',
  module: './dist/index.js',
  types: './dist/index.d.cts',
  exports: { '.': { '@seaworthy/source': './src/index.ts', ...entry }, './package.json': './package.json' },
  publishConfig: { access: 'public', exports: { '.': entry, './package.json': './package.json' } },
  dependencies: { 'fastify-plugin': '^6.0.1' },
  devDependencies: {
    '@seaworthy/contract': 'workspace:^',
    '@seaworthy/internal': 'workspace:^',
    '@seaworthy/testing': 'workspace:^',
    '@types/node': '^24',
    fastify: '5.12.8',
    tap: '21.8.0'
  },
  peerDependencies: { fastify: '^5.11.1' },
  engines: { node: '^22.12 || ^24 || >=26' }
}

const files = {
  'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
  'src/index.ts': `export type { ${type}Options } from './options.ts'
export { ${identifier}, ${identifier} as default } from './plugin.ts'
`,
  'src/options.ts': `import { optionChecks } from '@seaworthy/internal'

/** Options of the ${name} plugin. Every one may be left out. */
export interface ${type}Options {
  /**
   * Whether the plugin does anything.
   *
   * @defaultValue true
   */
  enabled?: boolean
}

const check = optionChecks('${name}')

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions({ enabled = true, ...others }: ${type}Options): Required<${type}Options> {
  check.keys('', others, ['enabled'])
  return { enabled: check.boolean('enabled', enabled) }
}
`,
  'src/plugin.ts': `import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type ${type}Options } from './options.ts'

const plugin: FastifyPluginAsync<${type}Options> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, '${name} registered')
}

/** ${description} */
export const ${identifier}: FastifyPluginAsync<${type}Options> = fp(plugin, { name: '@seaworthy/${name}', fastify: '^5.11.0' })
`,
  'test/options.test.ts': `import Fastify from 'fastify'
import t from 'tap'
import { ${identifier} } from '../src/index.ts'

t.test('refuses an option that does not exist, and names the near one', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())

  await t.rejects(async () => app.register(${identifier}, { enabeld: true } as object), {
    message: '${name}: "enabeld" is not an option, did you mean "enabled"?'
  })
})
`,
  'README.md': `# @seaworthy/${name}

${description}

\`\`\`sh
npm install fastify @seaworthy/${name}
\`\`\`

## Use

\`\`\`js
import Fastify from 'fastify'
import { ${identifier} } from '@seaworthy/${name}'

const app = Fastify()
await app.register(${identifier})
\`\`\`

In CommonJS:

\`\`\`js
const app = require('fastify')()
const { ${identifier} } = require('@seaworthy/${name}')

app.register(${identifier})
\`\`\`

In TypeScript:

\`\`\`ts
import Fastify from 'fastify'
import { ${identifier}, type ${type}Options } from '@seaworthy/${name}'

const options: ${type}Options = {}
const app = Fastify()
await app.register(${identifier}, options)
\`\`\`

## What changes for clients

## Compatibility

Fastify 5.11 or a later 5, Node 22.12 or newer (22, 24 and from 26 on), TypeScript 5.5 or newer.

## Documents
`
}
mkdirSync(`${folder}/src`, { recursive: true })
mkdirSync(`${folder}/test`, { recursive: true })
for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}/${file}`, text)

const node = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
node('node_modules/pnpm/bin/pnpm.mjs', 'install', '--no-frozen-lockfile', '--prefer-offline', '--silent')
node('.ci/docs.mjs')
console.log(`${folder} is there. Next: npm test -- ${folder}/test, npm run check -- --update`)

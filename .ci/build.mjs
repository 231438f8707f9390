// npm run build [-- NAME …]: dist of all packages or of some. With BUILD_OUT into a copy of `packages` elsewhere, so that
// tests that need a build don't meet in this one.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { packages } from './packages.mjs'
import { run } from './tool.mjs'

const only = process.argv.slice(2).map((name) => `packages/${name}`)
const chosen = packages.filter(({ folder }) => only.length === 0 || only.includes(folder))
const names = chosen.map(({ folder }) => folder.replace('packages/', ''))
const out = resolve(process.env.BUILD_OUT ?? 'packages')
// Node's way of leaving types out has a warning.
const options = `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`
const env = { ...process.env, BUILD: names.join(','), BUILD_OUT: out, NODE_OPTIONS: options }
const status = run('tsup', ['--config', '.ci/tsup.config.ts', '--silent'], { env })
if (status !== 0) process.exit(status)

const declarations = spawnSync(process.execPath, [`${import.meta.dirname}/declarations.mjs`, out, ...names], {
  stdio: 'inherit'
})
if (declarations.status !== 0) process.exit(1)

for (const name of names) {
  const result = spawnSync(process.execPath, [`${import.meta.dirname}/cjs-interop.mjs`], {
    cwd: `${out}/${name}`,
    stdio: 'inherit'
  })
  if (result.status !== 0) process.exit(result.status ?? 1)
}

// The operators' page, in one file that both formats import.
if (names.includes('observability')) {
  cpSync(
    'packages/observability/src/console/console-assets.cjs',
    `${out}/observability/dist/console-assets.cjs`
  )
}

// `fastify-seaworthy init` writes the example that the tests run, so its files are shipped, not a copy. A new app gets them too.
for (const name of names.filter((name) => name === 'preset' || name === 'create')) {
  const templates = [
    'Dockerfile',
    '.dockerignore',
    'compose.yaml',
    'prometheus',
    'grafana',
    'secrets/.gitignore',
    'kubernetes',
    'ecosystem.config.cjs',
    'systemd'
  ]
  rmSync(`${out}/${name}/templates`, { recursive: true, force: true })
  for (const path of templates) {
    cpSync(`examples/production/${path}`, `${out}/${name}/templates/${path}`, { recursive: true })
  }
}

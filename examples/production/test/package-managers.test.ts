// The image of `fastify-seaworthy init docker` with each package manager, from its lock file, also in workspaces.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, temporaryFolder, until, type Registry } from '@seaworthy/testing'
import type { Test } from 'tap'
import { bun, installTools } from '../../../packages/consumers/test/tools.ts'
import { testInContainers, type Containers } from './image.ts'
import { install, managers, singleApp, workspace, yarnSettings, type Manager } from './managed-apps.ts'

/** An app, and the folder of it in its workspace. */
interface Case {
  manager: keyof typeof managers
  app: (manager: Manager) => Record<string, string>
  at?: string
}

const cases: Readonly<Record<string, Case>> = {
  'JavaScript, yarn 1': { manager: 'yarn 1', app: (manager) => singleApp('js', manager) },
  'TypeScript, bun': { manager: 'bun', app: (manager) => singleApp('ts', manager) },
  'a workspace of npm': { manager: 'npm', app: (manager) => workspace(manager, '1.0.0'), at: 'apps/api' },
  'a workspace of pnpm': {
    manager: 'pnpm',
    app: (manager) => workspace(manager, 'workspace:*'),
    at: 'apps/api'
  },
  'a workspace of yarn 4': {
    manager: 'yarn 4',
    app: (manager) => workspace(manager, 'workspace:*'),
    at: 'apps/api'
  }
}

testInContainers(
  'images of each package manager',
  async (t, tools, registry) => {
    await installTools()
    for (const [name, one] of Object.entries(cases)) {
      const skip = one.manager === 'bun' && bun === undefined && 'needs bun'
      await t.test(name, { skip, timeout: 900_000 }, async (t) => runs(t, tools, registry, one))
    }
  },
  { timeout: 1_800_000 }
)

const listed = `const fs = require('fs'); const found = []
const look = (folder) => { for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
  const path = folder + '/' + entry.name
  if (entry.name === 'node_modules') continue
  if (entry.isDirectory()) look(path)
  else if (fs.readFileSync(path).includes('must-not-be-in-the-image')) found.push(path)
} }
look('/app')
if (fs.readdirSync('/root').some((name) => /npmrc|yarnrc/.test(name) && fs.statSync('/root/' + name).size > 0)) found.push('/root')
process.stdout.write(JSON.stringify(found))`

/** Builds, starts, calls and stops an image. */
async function runs(
  t: Test,
  tools: Containers,
  registry: Registry,
  { manager, app, at }: Case
): Promise<void> {
  const name = `app-${manager.replace(' ', '-')}${at ? '-workspace' : ''}`
  const folder = install(t, registry, managers[manager], app(managers[manager]), at)
  const yarnrc = join(temporaryFolder(t), 'yarnrc')
  writeFileSync(yarnrc, yarnSettings(registry))
  const more = [
    ...(manager === 'yarn 4' ? ['--secret', `id=yarnrc,src=${yarnrc}`] : []),
    ...(at === undefined ? [] : ['--file', join(folder, at, 'Dockerfile')]),
    ...(at === undefined ? [] : ['--ignorefile', join(folder, at, 'Dockerfile.dockerignore')])
  ]
  tools.build(folder, `${name}:test`, registry.env.npm_config_userconfig!, more)

  const port = await freePort()
  const variables = [`PORT=${port}`, 'HOST=127.0.0.1', 'DRAIN_DELAY=0', 'LOG_LEVEL=warn']
  const container = tools.start(
    t,
    ...'run --rm --network host --read-only --cap-drop all --name'.split(' '),
    name,
    ...variables.flatMap((variable) => ['--env', variable]),
    `${name}:test`
  )
  const url = `http://127.0.0.1:${port}`
  const answer = async () => (await fetch(url).catch(() => undefined))?.text()
  await until('the container to answer', async () => (await answer()) === 'hello', 120_000)
  t.equal(tools.podman('exec', '--user', '0', name, 'node', '-e', listed), '[]', 'no secret is in the image')
  tools.podman('kill', '--signal', 'TERM', name)
  t.match(await container.exit, { code: 0 })
}

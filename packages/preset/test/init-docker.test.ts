// The Dockerfile and .dockerignore of `init docker`: package managers, workspaces, secrets.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { appFolder, runInit } from './init-app.ts'

t.test('writes a Dockerfile for pnpm where the app uses it', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'server.js' }, { 'pnpm-lock.yaml': '' })
  await runInit(['docker'], folder)
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /COPY package\.json pnpm-lock\.yaml/)
  t.notMatch(text, /npm ci/)
})

t.test('builds in a separate stage where the entry is made by a build', async (t) => {
  const folder = appFolder(
    t,
    { name: 'a', main: 'dist/main.js', packageManager: 'pnpm@11.0.0', scripts: { build: 'tsc' } },
    { 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '' }
  )
  await runInit(['docker'], folder)
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /AS build\n[^]*pnpm@11\.0\.0 install --frozen-lockfile[^]*\nCOPY \. \.\nRUN npm run build\n/)
  t.match(text, /COPY package\.json pnpm-lock\.yaml pnpm-workspace\.yaml/)
  t.match(text, /COPY --from=build \/app\/dist \.\/dist\nUSER/)
  const ignored = readFileSync(join(folder, '.dockerignore'), 'utf8').split('\n')
  for (const path of ['.git', '**/.env', '**/*.key', '**/node_modules']) t.ok(ignored.includes(path), path)
  t.notOk(ignored.includes('*'), 'the sources are there to be built')
})

t.test('copies the folder of the sources into the image', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'lib/main.js' })
  await runInit(['docker'], folder)
  t.match(readFileSync(join(folder, '.dockerignore'), 'utf8'), /^\*\n[^]*^!lib$/m)
})

for (const [manager, lock, packageManager, command] of [
  ['yarn 1', 'yarn.lock', undefined, 'npx --yes yarn@1.22.22 install --frozen-lockfile'],
  ['yarn 4', 'yarn.lock', 'yarn@4.9.1', 'yarn workspaces focus --all --production'],
  ['bun', 'bun.lock', 'bun@1.2.0', 'npx --yes bun@1.2.0 install --frozen-lockfile --production']
] as const) {
  t.test(`writes a Dockerfile for ${manager}, from its own lock file`, async (t) => {
    const manifest = { name: 'a', main: 'server.js', ...(packageManager ? { packageManager } : {}) }
    const folder = appFolder(t, manifest, { [lock]: '', '.yarnrc.yml': 'nodeLinker: node-modules\n' })
    const { lines } = await runInit(['docker'], folder)
    const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
    t.match(text, command)
    t.match(text, new RegExp(`^COPY package\\.json ${lock}`, 'm'))
    t.notMatch(text, /npm ci/)
    t.match(text, /target=\/root\/\.npmrc/)
    t.match(readFileSync(join(folder, '.dockerignore'), 'utf8'), '**/.npmrc')
    t.match(lines.at(-1), /^next +docker build --tag a \.$/)
  })
}

t.test('notes that the image needs node_modules where yarn makes none', async (t) => {
  const folder = appFolder(
    t,
    { name: 'a', main: 'server.js', packageManager: 'yarn@4.9.1' },
    { 'yarn.lock': '' }
  )
  const { lines } = await runInit(['docker'], folder)
  t.match(lines.join('\n'), /nodeLinker: node-modules/)
})

t.test('builds the image of an app in a workspace from the root', async (t) => {
  const root = appFolder(
    t,
    { name: 'all', private: true, workspaces: ['apps/*'] },
    { 'package-lock.json': '{}' }
  )
  const folder = join(root, 'apps/api')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'api', main: 'src/server.js' }))
  const { lines } = await runInit(['docker'], folder)
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /^COPY \. \.\n#.*\nRUN .* npm ci --omit=dev/m)
  t.match(text, /^COPY --from=dependencies \/app \.\/\nWORKDIR \/app\/apps\/api\n/m)
  t.match(readFileSync(join(folder, 'Dockerfile.dockerignore'), 'utf8'), '**/.env')
  t.match(lines.at(-1), /docker build --file apps\/api\/Dockerfile --tag api \./)
  t.notMatch(lines.join('\n'), /package-lock\.json is not there/)
})

t.test(
  'builds the packages of a workspace that the app needs, and leaves the secrets of all out',
  async (t) => {
    const root = appFolder(
      t,
      { name: 'all', private: true, workspaces: ['apps/*', 'libs/*'] },
      { 'package-lock.json': '{}' }
    )
    const member = (path: string, manifest: object) => {
      const folder = join(root, path)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
      return folder
    }
    const build = { scripts: { build: 'tsc' } }
    const folder = member('apps/api', {
      name: 'api',
      main: 'dist/main.js',
      ...build,
      dependencies: { b: '1' }
    })
    const members = {
      a: member('libs/a', { name: 'a', ...build }),
      b: member('libs/b', { name: 'b', ...build, dependencies: { a: '1', c: '1' } }),
      c: member('libs/c', { name: 'c' }),
      unused: member('libs/unused', { name: 'unused', ...build })
    }
    mkdirSync(join(root, 'node_modules'))
    for (const [name, target] of Object.entries(members))
      symlinkSync(target, join(root, 'node_modules', name))
    await runInit(['docker'], folder)
    t.strictSame(readFileSync(join(folder, 'Dockerfile'), 'utf8').match(/^RUN cd .*$/gm), [
      'RUN cd libs/a && npm run build',
      'RUN cd libs/b && npm run build',
      'RUN cd apps/api && npm run build'
    ])
    const ignored = readFileSync(join(folder, 'Dockerfile.dockerignore'), 'utf8').split('\n')
    for (const path of ['apps/api/secrets', '*/*/secrets', '**/.env', '**/.npmrc', '**/bunfig.toml'])
      t.ok(ignored.includes(path), path)
  }
)

t.test('names what the image needs in .dockerignore: lock file, patches, usual folders', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'src/main.js' }, { 'yarn.lock': '__metadata:\n' })
  for (const path of ['.yarn/patches', 'public', 'config']) mkdirSync(join(folder, path), { recursive: true })
  writeFileSync(join(folder, '.yarnrc.yml'), 'nodeLinker: node-modules\n')
  await runInit(['docker'], folder)
  const named = readFileSync(join(folder, '.dockerignore'), 'utf8').match(/^!.*$/gm)
  t.strictSame(named, ['!package.json', '!yarn.lock', '!.yarnrc.yml', '!.yarn/patches', '!src', '!public'])
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /^COPY \.yarn\/patches \.\/\.yarn\/patches$/m)
  t.match(text, /YARN_IGNORE_PATH=1 npx --yes --package=@yarnpkg\/cli-dist@4/, 'by the lock file alone')
  t.match(text, /--mount=type=secret,id=yarnrc,target=\/root\/\.yarnrc\.yml/)
})

t.test('notes a token that could get into the image, and a start by fastify-cli', async (t) => {
  const notesOf = async (settings: string, start: string) => {
    const manifest = { name: 'a', main: 'app.js', packageManager: 'yarn@4.9.1', scripts: { start } }
    const folder = appFolder(t, manifest, { 'yarn.lock': '', 'app.js': '', '.yarnrc.yml': settings })
    const { lines } = await runInit(['docker'], folder)
    return lines.filter((line) => line.startsWith('note')).join('\n')
  }
  const settings = 'nodeLinker: node-modules\n'
  t.match(await notesOf(`${settings}npmAuthToken: npm_abc\n`, 'node app.js'), /the token in \.yarnrc\.yml/)
  t.equal(await notesOf(`${settings}npmAuthToken: "\${NPM_TOKEN}"\n`, 'node app.js'), '')
  t.match(await notesOf(settings, 'fastify start -l info app.js'), /must call app\.listen\(\)/)
})

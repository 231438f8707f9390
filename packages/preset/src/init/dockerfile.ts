import type { App } from './read-app.ts'

/** Adapts the Dockerfile, which is written for npm and for an app without a build step. */
export function dockerfile(text: string, app: App): string {
  const install = installSteps(app, '--prod')
  const production = app.packageManager === 'npm' ? text : text.replace(npmInstall, () => install)
  if (!app.built) return production

  const installAll =
    app.packageManager === 'npm'
      ? npmInstall.exec(text)![0].replace(' --omit=dev', '')
      : installSteps(app, '')
  const folder = app.entry.slice(0, app.entry.indexOf('/'))
  return production
    .replace(
      /^FROM \$\{NODE_IMAGE\}$/m,
      (from) => `${from} AS build\nWORKDIR /app\n${installAll}\nCOPY . .\nRUN npm run build\n\n${from}`
    )
    .replace(
      /^COPY \. \.\n(?=USER)/m,
      () => `COPY package.json ./\nCOPY --from=build /app/${folder} ./${folder}\n`
    )
}

const npmInstall = /^COPY package\.json package-lock\.json \.\/\n(?:#.*\n)?RUN .*npm ci.*$/m

const mounts = ['cache,target=/root/.npm', 'cache,target=/pnpm', 'secret,id=npmrc,target=/root/.npmrc']

/** The install steps of pnpm, with its lock file, cache and command. */
function installSteps({ pnpm, pnpmSettings }: App, flag: string): string {
  const settings = pnpmSettings ? ' pnpm-workspace.yaml' : ''
  const words = ['npx', '--yes', `pnpm@${pnpm}`, 'install', flag, '--frozen-lockfile', '--store-dir /pnpm']
  return [
    `COPY package.json pnpm-lock.yaml${settings} ./`,
    '# A private registry: docker build --secret id=npmrc,src=$HOME/.npmrc',
    `RUN ${mounts.map((mount) => `--mount=type=${mount}`).join(' ')} ${words.filter(Boolean).join(' ')}`
  ].join('\n')
}

/** Adapts `.dockerignore`: only the folder of the sources is copied, or, without one, all but excluded files. */
export function dockerignore(text: string, app: App): string {
  const folder =
    app.entry.includes('/') && !app.built ? app.entry.slice(0, app.entry.indexOf('/')) : undefined
  if (folder !== undefined) return text.replace(/^!src$/m, `!${folder}`)
  const output = app.built ? [app.entry.slice(0, app.entry.indexOf('/'))] : []
  return [
    '# Files that the service does not need, and files that must not leave this machine.',
    ...excluded,
    ...output,
    ''
  ].join('\n')
}

const excluded = [
  '.git',
  '**/.env',
  '**/.env.*',
  '**/*.pem',
  '**/*.key',
  'secrets',
  '**/node_modules',
  '**/*.log',
  'coverage',
  'test',
  'tests',
  'Dockerfile',
  '.dockerignore',
  'compose.yaml',
  'ecosystem.config.cjs',
  'grafana',
  'kubernetes',
  'prometheus',
  'systemd'
]

import type { App } from './read-app.ts'

/** The Dockerfile is written for npm and for sources that run as they are; others get what they need. */
export function dockerfile(text: string, app: App): string {
  const install = installSteps(app, '--prod')
  const production = app.packageManager === 'npm' ? text : text.replace(npmInstall, () => install)
  if (!app.built) return production

  const everything =
    app.packageManager === 'npm'
      ? npmInstall.exec(text)![0].replace(' --omit=dev', '')
      : installSteps(app, '')
  const folder = app.entry.slice(0, app.entry.indexOf('/'))
  return production
    .replace(
      /^FROM \$\{NODE_IMAGE\}$/m,
      (from) => `${from} AS build\nWORKDIR /app\n${everything}\nCOPY . .\nRUN npm run build\n\n${from}`
    )
    .replace(
      /^COPY \. \.\n(?=USER)/m,
      () => `COPY package.json ./\nCOPY --from=build /app/${folder} ./${folder}\n`
    )
}

const npmInstall = /^COPY package\.json package-lock\.json \.\/\n(?:#.*\n)?RUN .*npm ci.*$/m

const mounts = ['cache,target=/root/.npm', 'cache,target=/pnpm', 'secret,id=npmrc,target=/root/.npmrc']

/** pnpm has another lock file, cache and command. */
function installSteps({ pnpm, pnpmSettings }: App, flag: string): string {
  const settings = pnpmSettings ? ' pnpm-workspace.yaml' : ''
  const words = ['npx', '--yes', `pnpm@${pnpm}`, 'install', flag, '--frozen-lockfile', '--store-dir /pnpm']
  return [
    `COPY package.json pnpm-lock.yaml${settings} ./`,
    '# A private registry: docker build --secret id=npmrc,src=$HOME/.npmrc',
    `RUN ${mounts.map((mount) => `--mount=type=${mount}`).join(' ')} ${words.filter(Boolean).join(' ')}`
  ].join('\n')
}

/** Which files an image is made of. Where the sources have a folder, that folder; else all but what must stay out. */
export function dockerignore(text: string, app: App): string {
  const folder =
    app.entry.includes('/') && !app.built ? app.entry.slice(0, app.entry.indexOf('/')) : undefined
  if (folder !== undefined) return text.replace(/^!src$/m, `!${folder}`)
  const output = app.built ? [app.entry.slice(0, app.entry.indexOf('/'))] : []
  return [
    '# What the service does not need, and what must not leave this machine.',
    ...kept,
    ...output,
    ''
  ].join('\n')
}

const kept = [
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

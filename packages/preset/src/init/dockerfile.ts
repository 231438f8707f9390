import type { Installer } from './package-managers.ts'
import type { App } from './read-app.ts'

/** Adapts the Dockerfile, which is written for npm and for an app without a build step. */
export function dockerfile(text: string, app: App): string {
  if (app.workspace !== undefined) return workspaceDockerfile(text, app, app.workspace)
  const production =
    app.packageManager === 'npm' ? text : text.replace(npmInstall, () => installSteps(app, true))
  if (!app.built) return production

  const folder = app.entry.slice(0, app.entry.indexOf('/'))
  return production
    .replace(
      /^FROM \$\{NODE_IMAGE\}$/m,
      (from) =>
        `${from} AS build\nWORKDIR /app\n${installSteps(app, false)}\nCOPY . .\nRUN npm run build\n\n${from}`
    )
    .replace(
      /^COPY \. \.\n(?=USER)/m,
      () => `COPY package.json ./\nCOPY --from=build /app/${folder} ./${folder}\n`
    )
}

/** In a workspace the image is built in its root, whose lock file and packages the app needs. */
function workspaceDockerfile(text: string, app: App, folder: string): string {
  const { installer, built } = app
  const build = built ? [`RUN cd ${folder} && npm run build`] : []
  const steps = ['COPY . .', npmrcComment, runInstall(installer, installer.install(!built)), ...build]
  return text
    .replace('docker build --tag harbour .', `docker build --file ${folder}/Dockerfile --tag harbour .`)
    .replace('# Build:', '# Build, in the root of the workspace:')
    .replace(/^# Only what decides.*\n/m, '')
    .replace(npmInstall, () => steps.join('\n'))
    .replace(
      /^COPY --from=dependencies .*\nCOPY \. \.\n/m,
      () => `COPY --from=dependencies /app ./\nWORKDIR /app/${folder}\n`
    )
}

const npmInstall = /^COPY package\.json package-lock\.json \.\/\n(?:#.*\n)?RUN .*npm ci.*$/m

const npmrcComment = '# A private registry: docker build --secret id=npmrc,src=$HOME/.npmrc'

/** The install steps of the app's package manager, with its lock file, cache and command. */
function installSteps({ installer }: App, production: boolean): string {
  return [
    `COPY package.json ${installer.files.join(' ')} ./`,
    npmrcComment,
    runInstall(installer, installer.install(production))
  ].join('\n')
}

function runInstall({ cache }: Installer, command: string): string {
  const caches = cache === '/root/.npm' ? [cache] : ['/root/.npm', cache]
  const mounts = [...caches.map((target) => `cache,target=${target}`), 'secret,id=npmrc,target=/root/.npmrc']
  return `RUN ${mounts.map((mount) => `--mount=type=${mount}`).join(' ')} ${command}`
}

/** Adapts `.dockerignore`: only the folder of the sources is copied, or, without one, all but excluded files. */
export function dockerignore(text: string, app: App): string {
  const folder =
    app.entry.includes('/') && !app.built && app.workspace === undefined
      ? app.entry.slice(0, app.entry.indexOf('/'))
      : undefined
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
  '**/.npmrc',
  '**/.yarnrc',
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

import type { Installer } from './package-managers.ts'
import type { App } from './read-app.ts'

/** Adapts the Dockerfile, which is written for npm and for an app without a build step. */
export function dockerfile(text: string, app: App): string {
  if (app.workspace !== undefined) return workspaceDockerfile(text, app, app.workspace)
  const { files, folders } = app.installer
  const isAsWritten = app.packageManager === 'npm' && files[0] === 'package-lock.json' && folders.length === 0
  const production = isAsWritten ? text : text.replace(npmInstall, () => installSteps(app, true))
  if (!app.built) return production

  const folder = app.entry.slice(0, app.entry.indexOf('/'))
  const output = [folder, ...app.folders].map((name) => `COPY --from=build /app/${name} ./${name}\n`)
  return production
    .replace(
      /^FROM \$\{NODE_IMAGE\}$/m,
      (from) =>
        `${from} AS build\nWORKDIR /app\n${installSteps(app, false)}\nCOPY . .\nRUN npm run build\n\n${from}`
    )
    .replace(/^COPY \. \.\n(?=USER)/m, () => `COPY package.json ./\n${output.join('')}`)
}

/** In a workspace the image is built in its root, whose lock file and packages the app needs. */
function workspaceDockerfile(text: string, app: App, folder: string): string {
  const { installer, built, builds } = app
  const commands = [...builds, ...(built ? [folder] : [])].map((path) => `RUN cd ${path} && npm run build`)
  const isBuilt = commands.length > 0
  const steps = ['COPY . .', npmrcComment, runInstall(installer, installer.install(!isBuilt)), ...commands]
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
    ...installer.folders.map((folder) => `COPY ${folder} ./${folder}`),
    npmrcComment,
    runInstall(installer, installer.install(production))
  ].join('\n')
}

/** Secrets are mounted for this step alone: no layer has them. */
function runInstall({ cache, isBerry }: Installer, command: string): string {
  const caches = cache === '/root/.npm' ? [cache] : ['/root/.npm', cache]
  const mounts = [
    ...caches.map((target) => `cache,target=${target}`),
    'secret,id=npmrc,target=/root/.npmrc',
    ...(isBerry ? ['secret,id=yarnrc,target=/root/.yarnrc.yml'] : [])
  ]
  return `RUN ${mounts.map((mount) => `--mount=type=${mount}`).join(' ')} ${command}`
}

import type { App } from './read-app.ts'

/** Adapts `.dockerignore`: only the folder of the sources is copied, or, without one, all but excluded files. */
export function dockerignore(text: string, app: App): string {
  const { entry, built, workspace, installer, folders } = app
  const folder =
    entry.includes('/') && !built && workspace === undefined ? entry.slice(0, entry.indexOf('/')) : undefined
  if (folder !== undefined) {
    const named = ['package.json', ...installer.files, ...installer.folders, folder, ...folders]
    return text.replace(/(?:^!.*\n)+/m, () => named.map((path) => `!${path}\n`).join(''))
  }
  const output = built ? [entry.slice(0, entry.indexOf('/'))] : []
  return [
    '# Files that the service does not need, and files that must not leave this machine.',
    ...excluded,
    ...(workspace === undefined ? output : inWorkspace(workspace)),
    ''
  ].join('\n')
}

/** The context is the root: files of its packages, too, must not leave this machine. */
const inWorkspace = (workspace: string): string[] => [
  '*/*/secrets',
  ...[
    'secrets',
    'test',
    'tests',
    'coverage',
    'compose.yaml',
    'grafana',
    'kubernetes',
    'prometheus',
    'systemd'
  ].map((name) => `${workspace}/${name}`)
]

const excluded = [
  '.git',
  '**/.env',
  '**/.env.*',
  '**/.npmrc',
  '**/.yarnrc',
  '**/bunfig.toml',
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

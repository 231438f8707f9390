import { randomBytes } from 'node:crypto'
import type { Choices, File } from '../choices.ts'
import { versionOf } from '../package-manager.ts'

/** The settings of git, the compiler, the package manager and this machine. */
export function settingsFiles(choices: Choices): File[] {
  const { language, packageManager } = choices
  return [
    { path: '.gitignore', text: gitignore },
    { path: '.env', text: localEnvironment(choices), secret: true },
    ...(language === 'typescript' ? [{ path: 'tsconfig.json', text: tsconfig }] : []),
    ...(packageManager === 'yarn' ? yarnFiles() : [])
  ]
}

const gitignore = `node_modules/
.env
.env.*
!.env.production.example
.yarn/
*.log
coverage/
`

const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "lib": ["es2023"],
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "allowImportingTsExtensions": true,
    "noEmit": true,
    "skipLibCheck": true
  },
  "include": ["src", "test", "scripts"]
}
`

/** Variables for `npm run dev`, with a secret that no other service has. */
const localEnvironment = ({ postgres, redis, port }: Choices): string =>
  [
    '# The settings on your machine: neither in git nor in an image.',
    'NODE_ENV=development',
    `PORT=${port}`,
    `JWT_SECRET=${randomBytes(48).toString('base64')}`,
    '# GET /metrics needs it as a bearer token.',
    `METRICS_TOKEN=${randomBytes(32).toString('base64')}`,
    ...(postgres ? ['# DB_HOST=127.0.0.1', '# DB_PASSWORD='] : []),
    ...(redis ? ['# REDIS_URL=redis://127.0.0.1:6379'] : []),
    ''
  ].join('\n')

/** Yarn 2 and later look for a project above this one, and make no node_modules, unless these say otherwise. */
function yarnFiles(): File[] {
  if (versionOf('yarn').startsWith('1.')) return []
  return [
    { path: '.yarnrc.yml', text: 'nodeLinker: node-modules\n' },
    { path: 'yarn.lock', text: '' }
  ]
}

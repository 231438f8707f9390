import { dirname, join } from 'node:path'
import { exclusively, root, run, type Registry } from '@seaworthy/testing'

const folder = join(import.meta.dirname, '../tools')
const modules = join(folder, 'node_modules')

/** Installs what users compile, install and run with, at the versions of `tools/pnpm-lock.yaml`. */
export async function installTools(): Promise<void> {
  const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')
  const args = [pnpm, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter', 'append-only']
  await exclusively(folder, () => run(process.execPath, args, { cwd: folder }))
}

export const typescripts = ['5.5', '5.9', '6.0', '7.0'] as const

/** A script that runs with Node: tsc of a version. */
export const tsc = (version: (typeof typescripts)[number]): string =>
  join(modules, `typescript${version}/bin/tsc`)

/** The compiler's module of a version that has one. */
export const compilerOf = (version: (typeof typescripts)[number]): string =>
  join(modules, `typescript${version}/lib/typescript.js`)

/** A script that runs with Node. */
export const yarnClassic: string = join(modules, 'yarn/bin/yarn.js')

/** A script that runs with Node. */
export const yarnBerry: string = join(modules, '@yarnpkg/cli-dist/bin/yarn.js')

/** A folder beside npm's cache: it stays for the next run with the same packages, and others use it at the same time. */
export const sharedFolder = ({ env }: Registry, name: string): string =>
  join(dirname(env.npm_config_cache ?? ''), name)

/** The files and the environment of a project that Yarn installs from a registry of the test's own. */
export const yarnProject = (registry: Registry, linker: 'node-modules' | 'pnp') => ({
  files: {
    'yarn.lock': '',
    '.yarnrc.yml': [
      `nodeLinker: ${linker}`,
      `npmRegistryServer: ${registry.url}`,
      'unsafeHttpWhitelist: ["127.0.0.1"]',
      // The packages were published a moment ago, and CI makes yarn refuse to write a lock file.
      'npmMinimalAgeGate: 0',
      'enableImmutableInstalls: false',
      'enableTelemetry: false',
      ...(linker === 'pnp' ? ['pnpEnableEsmLoader: true'] : [])
    ].join('\n')
  },
  env: {
    // Here Yarn remembers the addresses of tarballs, which have the port of this registry.
    YARN_GLOBAL_FOLDER: join(registry.env.HOME ?? '', 'yarn'),
    YARN_CACHE_FOLDER: sharedFolder(registry, 'yarn-berry'),
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_MIRROR: 'false'
  }
})

const platform = `${process.platform}-${process.arch}`

// The packages `bun` and `deno` would put these there with an install script, which most installs don't run.
const buns: Record<string, string> = {
  'darwin-arm64': 'bun-darwin-aarch64',
  'linux-arm64': 'bun-linux-aarch64',
  'linux-x64': 'bun-linux-x64-baseline'
}
const denos: Record<string, string> = {
  'darwin-arm64': 'darwin-arm64',
  'linux-arm64': 'linux-arm64-glibc',
  'linux-x64': 'linux-x64-glibc'
}

/** The program, or where there is none for this platform, undefined. */
export const bun: string | undefined = buns[platform] && join(modules, '@oven', buns[platform], 'bin/bun')

/** The program, or where there is none for this platform, undefined. */
export const deno: string | undefined = denos[platform] && join(modules, '@deno', denos[platform], 'deno')

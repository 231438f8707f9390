import { join } from 'node:path'
import { exclusively, root, run } from '@seaworthy/testing'

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

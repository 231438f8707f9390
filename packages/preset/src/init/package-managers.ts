/** The package managers whose lock file an image can be built from. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

/** How a package manager installs in an image. */
export interface Installer {
  /** The files that decide the dependencies, besides `package.json`. */
  files: readonly string[]
  /** Folders that it reads too, such as patches. */
  folders: readonly string[]
  /** The folder of its cache. */
  cache: string
  /** Yarn 2 or later, which reads settings of its own. */
  isBerry?: boolean
  /** The command. `production`: without the dependencies of development. */
  install(production: boolean): string
}

/** The lock files, by which an app's package manager is recognised. */
export const lockFiles: Readonly<Record<PackageManager, readonly string[]>> = {
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
  npm: ['package-lock.json', 'npm-shrinkwrap.json']
}

/** Versions for an app that names none in `packageManager`. */
export const usualVersions: Readonly<Record<PackageManager, string>> = {
  npm: '11',
  pnpm: '12.21.0',
  yarn: '1.22.22',
  bun: '1'
}

/** The same for a lock file of yarn 2 or later. */
export const usualBerry = '4.18.1'

/** @param version - From the app's `packageManager`. `undefined`: a usual one. */
export function installerOf(
  manager: PackageManager,
  version: string | undefined,
  has: (file: string) => boolean
): Installer {
  const used = version ?? usualVersions[manager]
  const lock = lockFiles[manager].find(has) ?? lockFiles[manager][0]!
  const present = (...files: string[]) => [lock, ...files.filter(has)]
  const folders = ['patches', '.yarn/patches'].filter(has)
  const words = (...list: (string | false)[]) => list.filter(Boolean).join(' ')
  const installers: Record<PackageManager, () => Installer> = {
    npm: () => ({
      files: [lock],
      folders,
      cache: '/root/.npm',
      install: (production) => words('npm ci', production && '--omit=dev', '--no-audit --no-fund')
    }),
    pnpm: () => ({
      files: present('pnpm-workspace.yaml', '.pnpmfile.cjs'),
      folders,
      cache: '/pnpm',
      install: (production) =>
        words(`npx --yes pnpm@${used} install`, production && '--prod', '--frozen-lockfile --store-dir /pnpm')
    }),
    bun: () => ({
      files: present(),
      folders,
      cache: '/root/.bun/install/cache',
      install: (production) =>
        words(`npx --yes bun@${used} install --frozen-lockfile`, production && '--production')
    }),
    yarn: () =>
      used.startsWith('1.')
        ? {
            files: present(),
            folders,
            cache: '/yarn',
            install: (production) =>
              words(
                `npx --yes yarn@${used} install --frozen-lockfile --cache-folder /yarn`,
                production && '--production'
              )
          }
        : {
            files: present('.yarnrc.yml'),
            folders,
            cache: '/root/.yarn',
            isBerry: true,
            // The release that `yarnPath` names is not in the image.
            install: (production) =>
              `YARN_IGNORE_PATH=1 npx --yes --package=@yarnpkg/cli-dist@${used} -- yarn ${production ? 'workspaces focus --all --production' : 'install --immutable'}`
          }
  }
  return installers[manager]()
}

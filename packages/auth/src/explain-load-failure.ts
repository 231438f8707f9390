/**
 * The error of a part that cannot be loaded. Yarn's Plug'n'Play keeps packages in archives, and Node reads the ES modules
 * there (jose, openid-client) only through Yarn's loader: its error names a file that seems to be missing.
 */
export function explainLoadFailure(error: unknown): unknown {
  const { code } = error as { code?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' || process.versions['pnp'] === undefined) return error
  return Object.assign(
    new Error(
      "auth: Node cannot read the ES modules (jose, openid-client) in the archives of Yarn's Plug'n'Play; start the service with " +
        '"yarn node", or with -r ./.pnp.cjs --loader ./.pnp.loader.mjs; Yarn writes that loader with pnpEnableEsmLoader: true',
      { cause: error }
    ),
    { code }
  )
}

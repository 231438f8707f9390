// `import.meta.url` in the CommonJS files. tsup's own shim reads `__filename` without asking whether it is there: in an ES
// module that a bundler made of such a file it is not, and the bundle would fail as soon as it is loaded.
const address = () => {
  const { pathToFileURL } = require('node:url')
  return pathToFileURL(typeof __filename === 'string' ? __filename : (process.argv[1] ?? process.execPath))
    .href
}

/** The address of the file, or in a bundle that does not know its own, of the program. */
export const moduleUrl = /* @__PURE__ */ address()

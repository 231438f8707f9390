/** The versions in a manifest's devDependencies of the packages that its templates install in new apps. */
const templateVersions = ({ devDependencies, seaworthy: { templateDependencies } }) =>
  Object.fromEntries(templateDependencies.map((name) => [name, devDependencies[name]]))

// The packed manifests: users install no devDependencies, and ours name packages that are not published.
module.exports = {
  hooks: {
    beforePacking: (manifest) => ({
      ...manifest,
      devDependencies: undefined,
      ...(manifest.seaworthy?.templateDependencies && {
        seaworthy: { ...manifest.seaworthy, templateVersions: templateVersions(manifest) }
      })
    })
  }
}

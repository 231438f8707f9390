// The packed manifests: users install no devDependencies, and ours name packages that are not published.
module.exports = {
  hooks: {
    beforePacking: (manifest) => ({ ...manifest, devDependencies: undefined })
  }
}

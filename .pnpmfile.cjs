// What is packed: a user installs no devDependencies, and ours name packages that nobody can install.
module.exports = {
  hooks: {
    beforePacking: (manifest) => ({ ...manifest, devDependencies: undefined })
  }
}

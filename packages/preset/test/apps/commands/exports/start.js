import { makeApp } from './app.js'

export default async function main() {
  const app = await makeApp()
  await app.listen({ port: 3000 })
  return app.server.address().port
}

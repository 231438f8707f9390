import cluster from 'node:cluster'
import { makeApp } from './app.js'

if (cluster.isPrimary) {
  cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  const app = await makeApp()
  await app.listen({ port: 3000 })
}

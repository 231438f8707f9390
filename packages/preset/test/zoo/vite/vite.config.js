import { tmpdir } from 'node:os'
import { join } from 'node:path'
import viteFastify from '@fastify/vite/plugin'

export default {
  root: join(import.meta.dirname, 'client'),
  cacheDir: join(tmpdir(), 'zoo-vite'),
  logLevel: 'silent',
  plugins: [viteFastify({ spa: true })],
  // The tests change no file, and several may run.
  server: { hmr: false, watch: null }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import t from 'tap'
import { serviceName } from '../src/index.ts'

t.test('the name of a service is that of its package.json, which may begin with a byte order mark', (t) => {
  const folder = temporaryFolder(t)
  const { argv, env } = process
  const [, script] = argv
  const name = env.OTEL_SERVICE_NAME
  t.teardown(() => {
    argv[1] = script!
    if (name !== undefined) env.OTEL_SERVICE_NAME = name
  })
  delete env.OTEL_SERVICE_NAME
  argv[1] = join(folder, 'server.js')
  for (const mark of ['', '\uFEFF']) {
    writeFileSync(join(folder, 'package.json'), `${mark}{ "name": "orders${mark.length}" }`)
    t.equal(serviceName(), `orders${mark.length}`)
  }
  t.end()
})

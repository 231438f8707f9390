import multipart from '@fastify/multipart'
import type { ZooApp } from '../zoo-app.ts'

const boundary = '----zoo'
const part = (head: string, text: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`
const body = `${part('name="title"', 'Holiday')}${part('name="year"', '2026')}${part('name="file"; filename="a.txt"\r\nContent-Type: text/plain', 'hello')}--${boundary}--\r\n`
const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }

export const uploads: ZooApp = {
  name: '@fastify/multipart',
  async build(app) {
    await app.register(async (scope) => {
      await scope.register(multipart)
      scope.post('/stream', async (request) => {
        const file = await request.file()
        return { name: file?.filename, text: (await file?.toBuffer())?.toString() }
      })
    })
    await app.register(async (scope) => {
      await scope.register(multipart, { attachFieldsToBody: 'keyValues' })
      const schema = {
        body: {
          type: 'object',
          required: ['title', 'year'],
          properties: { title: { type: 'string' }, year: { type: 'integer' }, file: {} }
        }
      }
      scope.post('/fields', { schema }, async (request) => {
        const { title, year } = request.body as { title: string; year: number }
        return { title, year }
      })
    })
  },
  requests: [
    { url: '/stream', method: 'POST', headers, body, status: 200, has: /"text":"hello"/ },
    { url: '/fields', method: 'POST', headers, body, status: 200, has: /"year":2026/ }
  ]
}

import { createHash } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ManagementServer } from '../management/listener.ts'
import { consoleAssets } from './load-assets.cjs'

/** Scripts and styles of this listener only, none within the page; it connects to nothing else, offline or not. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

interface Asset {
  name: string
  type: string
  compressed: Buffer
}

/** The page, its script and its style. They are loaded when a browser first asks for them. */
export function pageRoutes(management: ManagementServer): void {
  let assets: Map<string, Asset> | undefined
  const load = () => (assets ??= loadAssets())

  management.route({
    method: 'GET',
    url: '/',
    async handler(_request, reply) {
      const [script, style] = [...load().keys()] as [string, string]
      return reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', policy)
        .send(page(script, style))
    }
  })
  management.route({
    method: 'GET',
    url: '/assets/:name',
    async handler(request, reply) {
      const asset = load().get((request.params as { name: string }).name)
      if (asset === undefined) {
        return reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'No such file' })
      }
      return sendAsset(request, reply, asset)
    }
  })
}

function sendAsset(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, compressed }: Asset
): FastifyReply {
  // Its name changes with its content.
  reply
    .type(type)
    .headers({ 'cache-control': 'private, max-age=31536000, immutable', vary: 'accept-encoding' })
  if (!/\bbr\b/.test(headers['accept-encoding']?.toString() ?? ''))
    return reply.send(brotliDecompressSync(compressed))
  return reply.header('content-encoding', 'br').send(compressed)
}

function loadAssets(): Map<string, Asset> {
  const files = consoleAssets()
  const asset = (text: string, extension: string, type: string): [string, Asset] => {
    const compressed = Buffer.from(text, 'base64')
    const hash = createHash('sha256').update(compressed).digest('hex').slice(0, 12)
    const name = `console-${hash}.${extension}`
    return [name, { name, type, compressed }]
  }
  return new Map([
    asset(files.script, 'js', 'text/javascript; charset=utf-8'),
    asset(files.style, 'css', 'text/css; charset=utf-8')
  ])
}

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 9h3l2-6 4 11 2-5h3' " +
  "fill='none' stroke='%232f81f7' stroke-width='2' stroke-linejoin='round'/%3E%3C/svg%3E"

const page = (script: string, style: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Status</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="/assets/${style}">
<script type="module" src="/assets/${script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. The same as JSON: <a href="/status.json">/status.json</a></noscript>
</body>
</html>
`

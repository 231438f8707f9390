import type { ManagementServer } from './listener.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => entities[character]!)

/** The current sections of all plugins: `GET /` for people, `GET /status` for programs. */
export function statusPage(management: ManagementServer): void {
  management.route({
    method: 'GET',
    url: '/status',
    handler: async () => snapshots(management)
  })
  management.route({
    method: 'GET',
    url: '/',
    async handler(...[, reply]) {
      const body = page(snapshots(management))
      return reply
        .type('text/html; charset=utf-8')
        .headers({
          'cache-control': 'no-store',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
          'x-content-type-options': 'nosniff'
        })
        .send(body)
    }
  })
}

/** A section that fails shows its error; the others are not affected. */
function snapshots({ sections }: ManagementServer): Record<string, unknown> {
  return Object.fromEntries(
    [...sections].map(([name, snapshot]) => {
      try {
        return [name, snapshot()]
      } catch (error) {
        return [name, { error: error instanceof Error ? error.message : String(error) }]
      }
    })
  )
}

function page(sections: Record<string, unknown>): string {
  const parts = Object.entries(sections).map(
    ([name, value]) => `<section><h2>${escapeHtml(name)}</h2>${renderValue(value)}</section>`
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Status</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)) }
section { border: 1px solid #8885; border-radius: .5rem; padding: 0 1rem 1rem; overflow-x: auto }
table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .15rem .75rem .15rem 0 }
th { font-weight: 500; opacity: .75 }
</style>
</head>
<body><h1>Status</h1><main>${parts.join('\n')}</main></body>
</html>
`
}

/** Objects as tables, the rest as text. */
function renderValue(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return escapeHtml(String(value))
  if (depth > 4) return escapeHtml(JSON.stringify(value))
  const rows = Object.entries(value).map(
    ([name, inner]) => `<tr><th>${escapeHtml(name)}</th><td>${renderValue(inner, depth + 1)}</td></tr>`
  )
  return rows.length === 0 ? '–' : `<table>${rows.join('')}</table>`
}

import { existsSync } from 'node:fs'
import { join, relative, resolve, dirname } from 'node:path'
import { defineConfig } from 'vitepress'
import { sidebar } from './sidebar.mts'

const docs = join(import.meta.dirname, '..')
const repository = 'https://github.com/seaworthy/seaworthy'

/** Links that leave docs/ lead to the repository: on GitHub they work as they are. */
const outside = (href: string, page: string): string | undefined => {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return undefined
  const [path = '', hash] = href.split('#')
  const target = resolve(docs, dirname(page), path)
  if (!relative(docs, target).startsWith('..') || !existsSync(target)) return undefined
  return `${repository}/blob/main/${relative(join(docs, '..'), target)}${hash ? `#${hash}` : ''}`
}

export default defineConfig({
  title: 'Seaworthy',
  description: 'Fastify plugins that make a service fit for production.',
  lang: 'en',
  cleanUrls: true,
  srcExclude: ['node_modules/**'],
  // The reference of all exports is written beside the pages, by TypeDoc.
  ignoreDeadLinks: [/^\/api\//],
  rewrites: { ':folder/README.md': ':folder/index.md' },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start/new-app' },
      { text: 'Tasks', link: '/tasks/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'All exports', link: '/api/index.html', target: '_self' }
    ],
    sidebar,
    socialLinks: [{ icon: 'github', link: repository }]
  },
  markdown: {
    config(markdown) {
      const fence = markdown.renderer.rules.fence
      markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
        const token = tokens[index]
        if (token?.info.trim() !== 'mermaid') return fence?.(tokens, index, options, env, self) ?? ''
        return `<Mermaid code="${encodeURIComponent(token.content)}" />`
      }
      markdown.core.ruler.push('outside', ({ tokens, env }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.attrGet('href')
          const link = href ? outside(href, (env as { relativePath: string }).relativePath) : undefined
          if (link) token.attrSet('href', link)
        }
      })
    }
  }
})

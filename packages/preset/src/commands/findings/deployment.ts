import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A time after which a platform kills the process. */
export interface Grace {
  milliseconds: number
  setting: string
  file: string
  /** The setting with so many seconds. */
  line(seconds: number): string
}

/** How the app is run, as far as the environment and the files around it show it. */
export interface Deployment {
  /** Why there are several processes. */
  processes: string | undefined
  /** The proxy in front. */
  proxy: string | undefined
  grace: Grace[]
  /** Variables whose value is in a file of the repository. */
  committed: { name: string; file: string }[]
}

const files = /^(?:\.env[\w.-]*\.example|ecosystem\.config\.[cm]?js|(?:docker-)?compose[\w.-]*\.ya?ml)$/
const folders =
  /^(?:kubernetes|k8s|deploy|deployment|manifests|base|overlays|helm|templates|production|staging)$/
const maxFiles = 200
const maxBytes = 262_144
const maxDepth = 4

/** Reads the environment and the deployment files in a folder. */
export function findDeployment(folder: string, env: NodeJS.ProcessEnv): Deployment {
  const found = deploymentFiles(folder)
  return {
    processes: processesOf(found, env),
    proxy: found.flatMap(proxyIn)[0],
    grace: found.flatMap(graceOf),
    committed: committedSecrets(found, env)
  }
}

interface FoundFile {
  name: string
  text: string
}

function deploymentFiles(root: string): FoundFile[] {
  const found: FoundFile[] = []
  const search = (folder: string, depth: number): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const name = join(folder, entry.name)
      if (entry.isDirectory() && depth < maxDepth && folders.test(entry.name)) search(name, depth + 1)
      const isFile = entry.isFile() && (files.test(entry.name) || (depth > 0 && /\.ya?ml$/.test(entry.name)))
      if (isFile && found.length < maxFiles && statSync(join(root, name)).size <= maxBytes)
        found.push({ name, text: readFileSync(join(root, name), 'utf8') })
    }
  }
  try {
    search('', 0)
  } catch {
    // A folder that cannot be read says nothing.
  }
  return found
}

/** Characters from which a value is not in a file by chance. */
const minSecretLength = 12

function committedSecrets(found: readonly FoundFile[], env: NodeJS.ProcessEnv): Deployment['committed'] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (value.length < minSecretLength || !/(?:SECRET|TOKEN|PASSWORD|_KEY)$/.test(name)) return []
    const file = found.find(({ text }) => text.includes(value))
    return file === undefined ? [] : [{ name, file: file.name }]
  })
}

function proxyIn({ name, text }: FoundFile): string[] {
  if (/^kind:\s*(?:Ingress|HTTPRoute)\s*$/m.test(text)) return [`the ingress in ${name}`]
  const image = /^\s*image:\s*['"]?(?:[\w./-]*\/)?(nginx|traefik|caddy|haproxy|envoy)\b/m.exec(text)?.[1]
  return image === undefined ? [] : [`${image} in ${name}`]
}

function processesOf(found: readonly FoundFile[], env: NodeJS.ProcessEnv): string | undefined {
  if (env.NODE_APP_INSTANCE !== undefined) return 'PM2 runs several processes (NODE_APP_INSTANCE)'
  if (Number(env.WEB_CONCURRENCY) > 1) return `WEB_CONCURRENCY is ${Number(env.WEB_CONCURRENCY)}`
  for (const { name, text } of found) {
    const instances = /\binstances:\s*['"]?(-?\w+)/.exec(text)?.[1]
    if (name.includes('ecosystem') && instances !== undefined && instances !== '1')
      return `${name} has instances: ${instances}`
    const replicas = Number(/^\s*(?:replicas|minReplicas):\s*(\d+)\s*$/m.exec(text)?.[1] ?? 1)
    if (replicas > 1) return `${name} has ${replicas} replicas`
  }
  return undefined
}

const settings: readonly {
  pattern: RegExp
  name: string
  unit: (match: string) => number
  format: (seconds: number) => string
}[] = [
  {
    pattern: /^\s*terminationGracePeriodSeconds:\s*(\d+)\s*$/m,
    name: 'terminationGracePeriodSeconds',
    unit: (text) => Number(text) * 1000,
    format: (seconds) => `terminationGracePeriodSeconds: ${seconds}`
  },
  {
    pattern: /^\s*stop_grace_period:\s*['"]?(\d+m?\d*s?)['"]?\s*$/m,
    name: 'stop_grace_period',
    unit: (text) => {
      const [, minutes = 0, seconds = 0] = /^(?:(\d+)m)?(?:(\d+)s?)?$/.exec(text) ?? []
      return (Number(minutes) * 60 + Number(seconds)) * 1000
    },
    format: (seconds) => `stop_grace_period: ${seconds}s`
  },
  {
    pattern: /\bkill_timeout:\s*([\d_]+)/,
    name: 'kill_timeout',
    unit: (text) => Number(text.replaceAll('_', '')),
    format: (seconds) => `kill_timeout: ${seconds * 1000}`
  }
]

const graceOf = ({ name: file, text }: FoundFile): Grace[] =>
  settings.flatMap(({ pattern, name: setting, unit, format }) => {
    const value = pattern.exec(text)?.[1]
    return value === undefined ? [] : [{ milliseconds: unit(value), setting, file, line: format }]
  })

import { randomBytes } from 'node:crypto'

/** Makes `npm start` work with an empty environment, and prints where to look. */
export interface FirstLook {
  env: NodeJS.ProcessEnv
  welcome(url: string, management: string | undefined): void
}

/**
 * Without any of the variables that a deployment has, the service is probably started for a first look: secrets are
 * generated for this run, and an administrator is seeded. A deployment sets its secrets, and gets nothing from here.
 */
export function firstLook(env: NodeJS.ProcessEnv): FirstLook {
  const ofDeployments = ['NODE_ENV', 'JWT_SECRET', 'JWT_SECRET_FILE', 'DB_HOST', 'KUBERNETES_SERVICE_HOST']
  if (ofDeployments.some((name) => env[name] !== undefined)) return { env, welcome: () => undefined }

  const password = randomBytes(9).toString('base64url')
  const generated = {
    NODE_ENV: 'development',
    MANAGEMENT_PORT: '9464',
    JWT_SECRET: randomBytes(48).toString('base64'),
    SESSION_SECRET: randomBytes(32).toString('base64'),
    ADMIN_PASSWORD: password
  }
  return {
    env: { ...generated, ...env },
    welcome: (url, management) => process.stderr.write(`${words(url, management, password)}\n`)
  }
}

const words = (url: string, management: string | undefined, password: string): string => `
  Seaworthy's example service runs, on an embedded PostgreSQL. Its data ends with it.

  Probes        ${url}/health/ready
  Metrics       ${management}/metrics
  Status page   ${management}/

  Log in        curl -s ${url}/login -H 'content-type: application/json' \\
                  -d '{"email":"admin@example.com","password":"${password}"}'
  Then          curl -s ${url}/profile -H 'authorization: Bearer …'
                curl -s ${url}/recommendations -H 'authorization: Bearer …'
                curl -s ${url}/directory/7 -H 'authorization: Bearer …'

  Control-C shuts it down.
`

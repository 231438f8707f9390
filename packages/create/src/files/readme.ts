import type { Choices, File } from '../choices.ts'

const documents = 'https://github.com/seaworthy/seaworthy/blob/main/docs'

/** `README.md`. */
export function readmeFile({ name, language, postgres, redis, port, packageManager }: Choices): File {
  const ext = language === 'typescript' ? 'ts' : 'js'
  const run = `${packageManager} run`
  const services = [
    ...(postgres
      ? [
          'Without `DB_HOST` the notes are in memory. `docker run --rm -p 127.0.0.1:5432:5432 -e POSTGRES_PASSWORD=secret docker.io/library/postgres:17` is a database to try; set `DB_HOST` and `DB_PASSWORD` in `.env`, and for the tests in the shell.'
        ]
      : []),
    ...(redis
      ? [
          'Without `REDIS_URL` each process counts and remembers for itself. `docker run --rm -p 127.0.0.1:6379:6379 docker.io/library/redis:7` is a Redis to try.'
        ]
      : [])
  ]
  return {
    path: 'README.md',
    text: `# ${name}

\`\`\`sh
${packageManager} install
${run} dev    # http://127.0.0.1:${port}, again at each change
${run} test
${language === 'typescript' ? `${run} typecheck\n` : ''}\`\`\`

\`\`\`sh
token=$(node --env-file=.env scripts/token.${ext} ada)
curl -H "authorization: Bearer $token" -H 'content-type: application/json' -d '{"text":"buy bread"}' http://127.0.0.1:${port}/notes
curl http://127.0.0.1:${port}/health/ready
\`\`\`
${services.map((text) => `\n${text}\n`).join('')}
| File | Content |
|---|---|
| \`src/config.${ext}\` | the variables: add your own |
| \`src/app.${ext}\` | the service: plugins, then routes |
| \`src/notes\` | an example to replace |
| \`test\` | the tests, with \`node:test\` |
| \`.env\` | the settings on your machine, with a secret: never in git or an image |
| \`.env.production.example\` | every variable for production |

\`${run} doctor\` lists what is wrong or missing, \`${run} matrix\` who may use which route.

## Before it is deployed

- \`Dockerfile\`, \`compose.yaml\`, \`kubernetes\`, \`ecosystem.config.cjs\` and \`systemd\` are there: keep those you use. After a change to name, port or package manager, \`npx fastify-seaworthy init docker compose kubernetes pm2 systemd --force\` writes them again.
- \`JWT_SECRET\`: \`openssl rand -base64 48\`, another one than in \`.env\`.
- \`TRUST_PROXY\`: the addresses of the proxies in front. [Values for each platform](${documents}/operate/trust-proxy.md).

[Deployment](${documents}/operate/deployment.md), [tasks](${documents}/tasks/README.md), [variables](${documents}/reference/environment.md).
`
  }
}

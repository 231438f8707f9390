/** Variables of platforms on which a proxy is in front of every service. */
const platformVariables: Readonly<Record<string, string>> = {
  DYNO: 'Heroku',
  K_SERVICE: 'Cloud Run',
  GAE_SERVICE: 'App Engine',
  FLY_APP_NAME: 'Fly.io',
  RENDER: 'Render',
  RAILWAY_ENVIRONMENT_NAME: 'Railway',
  WEBSITE_SITE_NAME: 'Azure App Service',
  CONTAINER_APP_NAME: 'Azure Container Apps',
  KOYEB_APP_NAME: 'Koyeb',
  VERCEL: 'Vercel',
  CF_INSTANCE_GUID: 'Cloud Foundry',
  ECS_CONTAINER_METADATA_URI_V4: 'ECS',
  KUBERNETES_SERVICE_HOST: 'Kubernetes'
}

/** Platforms on which a service may also be reached without a proxy. */
const possiblyDirect: ReadonlySet<string> = new Set(['ECS', 'Kubernetes'])

/** The platform that puts a proxy in front of this service, as far as the environment shows it. */
export function proxyPlatform(env: NodeJS.ProcessEnv): { name: string; certain: boolean } | undefined {
  const variable = Object.keys(platformVariables).find((each) => env[each] !== undefined && env[each] !== '')
  if (variable === undefined) return undefined
  const name = platformVariables[variable]!
  return { name, certain: !possiblyDirect.has(name) }
}

'use strict'

// pm2 start ecosystem.config.cjs --env production
// NODE_ENV=production npx fastify-seaworthy preflight src/server.ts && pm2 reload harbour
//   PM2 ends the old workers even if the new ones don't start, so a release is tried first, on a spare port.
module.exports = {
  apps: [
    {
      name: 'harbour',
      script: './src/server.ts',
      instances: 'max',
      exec_mode: 'cluster',
      // A worker counts as started when it says so, and a new one may take its time.
      wait_ready: true,
      listen_timeout: 30_000,
      // More than the drain's budget: PM2 kills what has not gone by then.
      kill_timeout: 30_000,
      // Windows has no signals that a process could answer.
      shutdown_with_message: process.platform === 'win32',
      max_memory_restart: '500M',
      merge_logs: true,
      env: { NODE_ENV: 'development' },
      env_production: { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: 3000 }
    }
  ]
}

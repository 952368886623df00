module.exports = {
  apps: [
    {
      name: 'api',
      script: './src/server.ts',
      interpreter: './node_modules/.bin/ts-node',
      instances: 1,
      env: { NODE_ENV: 'development' },
      env_production: { NODE_ENV: 'production' },
    },
  ],
};

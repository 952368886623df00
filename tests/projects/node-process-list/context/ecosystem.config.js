module.exports = {
  apps: [
    {
      name: 'api',
      script: './src/server.ts',
      interpreter_args: '-r ts-node/register',
      instances: 1,
      env: { NODE_ENV: 'development' },
      env_production: { NODE_ENV: 'production' },
    },
  ],
};

cd /app
node out/index.js
npm ls --all

cd /app
node out/index.js
npm ls --all
semver -i minor 1.2.3

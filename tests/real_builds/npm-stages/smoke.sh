cd /app
node main.js
node -e 'console.log(require("/home/runner/node_modules/left-pad")("1", 3, "0"))'

const Database = require('better-sqlite3');

console.log(new Database(':memory:').prepare('select 1 + 1 as n').get());

const Database = require('better-sqlite3');

new Database('data/app.db').exec('CREATE TABLE users (name TEXT, hash TEXT)');

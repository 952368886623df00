const bcrypt = require('bcrypt');
const Database = require('better-sqlite3');

const db = new Database('data/app.db', { readonly: true });
console.log(db.prepare('SELECT name FROM users').all(), bcrypt.hashSync('x', 4).length);

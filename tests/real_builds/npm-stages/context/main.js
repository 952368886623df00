const ms = require("ms");
const { nanoid } = require("nanoid");

console.log(ms("2 days"), nanoid().length);

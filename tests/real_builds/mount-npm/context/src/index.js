const express = require("express");

const app = express();
app.get("/", (request, response) => response.send("hello"));
console.log(typeof app.listen, app._router.stack.length);

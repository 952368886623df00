import express from 'express';

const app = express();
app.get('/', (_request: express.Request, response: express.Response) => {
  response.json({ ok: true });
});
app.listen(3000);

import { hi } from '@r/lib';
const e = require('express')();
e.get('/', (q: any, r: any) => r.send(hi()));
e.listen(18116);

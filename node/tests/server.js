// SPDX-License-Identifier: MIT
'use strict';
// server.js --port PORT: says hello.
const http = require('node:http');

const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const server = http.createServer((request, response) =>
  response.end(request.url === '/health' ? 'ok\n' : 'hello\n'),
);
server.listen(port, '127.0.0.1', () => console.log('serves'));

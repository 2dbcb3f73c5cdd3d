// SPDX-License-Identifier: Apache-2.0
// login_rhea.js ADDRESS PATH [KEY=VALUE ...]: puts a row, having logged in with npm's rhea. Keys: user, password, ca, cert, key, websocket.
import { readFileSync } from 'node:fs';
import rhea from 'rhea';
import WebSocket from 'ws';

const [address, path, ...pairs] = process.argv.slice(2);
const given = Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
const container = rhea.create_container();
const [host, port] = address.split(':');
const details = { host, port: Number(port), reconnect: false, username: given.user, password: given.password };
if (given.websocket) {
  Object.assign(details, { connection_details: container.websocket_connect(WebSocket)('ws://' + address + '/any', ['amqp'], {}) });
}
if (given.ca) {
  Object.assign(details, { transport: 'tls', ca: readFileSync(given.ca) });
}
if (given.cert) {
  Object.assign(details, { cert: readFileSync(given.cert), key: readFileSync(given.key), enable_sasl_external: true });
}
let done = false;
for (const event of ['connection_error', 'sender_error', 'rejected', 'error', 'disconnected']) {
  container.on(event, (context) => {
    if (!done) {
      console.log('refused', event, String((context.connection && context.connection.error) || context.error || ''));
      process.exit(1);
    }
  });
}
container.once('sendable', ({ sender }) => sender.send({ subject: 'put', content_type: 'text/plain', body: 'in' }));
container.on('accepted', ({ connection }) => {
  done = true;
  connection.close();
});
container.connect(details).open_sender(path);

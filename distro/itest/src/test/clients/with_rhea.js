// SPDX-License-Identifier: Apache-2.0
// with_rhea.js subscribe|publish NAME AMQP_ADDRESS HTTP_ADDRESS PATH [JSON]: the same as subscribe.js and publish.js with npm's rhea.
import rhea from 'rhea';
import WebSocket from 'ws';

const [action, name, amqpAddress, httpAddress, path, json] = process.argv.slice(2);
const container = rhea.create_container();

function say(what) {
  console.log(name, typeof what === 'string' ? what : JSON.stringify(what));
}

function fail(context) {
  console.error(String(context.error || context));
  process.exit(1);
}

for (const event of ['connection_error', 'receiver_error', 'sender_error', 'rejected', 'error']) {
  container.on(event, (context) => fail(event === 'rejected' ? context.delivery.remote_state.error : context));
}
container.on('receiver_open', () => say('ready'));
container.on('message', ({ message }) => {
  const content = message.body && message.body.content !== undefined ? message.body.content : message.body;
  const text = content.toString();
  say({ topic: message.to, value: text ? JSON.parse(text) : null });
});
container.once('sendable', ({ sender }) => sender.send({ subject: 'put', content_type: 'application/json', body: json }));
let accepted = false;
container.on('accepted', ({ connection }) => {
  accepted = true;
  connection.close();
});
container.on('disconnected', (context) => accepted || fail(context.error || 'disconnected'));

const [host, port] = amqpAddress.split(':');
const details = name.endsWith('websocket')
  ? { connection_details: container.websocket_connect(WebSocket)('ws://' + httpAddress + '/amqp', ['amqp'], {}), reconnect: false }
  : { host, port: Number(port), reconnect: false };
// With a user name there is a SASL layer, without one there is none.
const connection = container.connect(name.endsWith('anonymous') ? { ...details, username: 'anonymous' } : details);
if (action === 'subscribe') {
  connection.open_receiver(path);
} else {
  connection.open_sender(path);
}

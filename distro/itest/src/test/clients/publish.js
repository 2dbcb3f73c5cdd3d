// SPDX-License-Identifier: Apache-2.0
// Writes one row with one npm client and ends once the server has acknowledged.
import mqtt from 'mqtt';
import WebSocket from 'ws';

const [name, httpAddress, mqttAddress, path, json] = process.argv.slice(2);

function publishMqtt(url, protocolVersion) {
  const client = mqtt.connect(url, { protocolVersion, reconnectPeriod: 0 });
  client.on('error', fail);
  client.on('connect', () => client.publish(path, json, { qos: 1, retain: true }, (error) => {
    if (error) {
      fail(error);
    }
    client.end();
  }));
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

switch (name) {
  case 'npm-mqtt-3': publishMqtt('mqtt://' + mqttAddress, 4); break;
  case 'npm-mqtt-5': publishMqtt('mqtt://' + mqttAddress, 5); break;
  case 'npm-mqtt-3-websocket': publishMqtt('ws://' + httpAddress + '/mqtt', 4); break;
  case 'npm-mqtt-5-websocket': publishMqtt('ws://' + httpAddress + '/mqtt', 5); break;
  case 'npm-ws': {
    const socket = new WebSocket('ws://' + httpAddress + '/Sensors/none');
    socket.on('error', fail);
    socket.on('open', () => socket.send(JSON.stringify({ type: 'put', path, value: JSON.parse(json), ref: 'mine' })));
    socket.on('message', (text) => {
      const answer = JSON.parse(text.toString());
      if (answer.ref === 'mine') {
        process.exit(answer.type === 'ok' ? 0 : 1);
      }
    });
    break;
  }
  default: fail('no client ' + name);
}

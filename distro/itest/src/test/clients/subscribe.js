// SPDX-License-Identifier: Apache-2.0
// Subscribes to one path with every npm client at once. Prints "NAME ready" for each, then "NAME {json}" for each change.
import mqtt from 'mqtt';
import WebSocket from 'ws';
import { EventSource } from 'eventsource';

const [httpAddress, mqttAddress, path] = process.argv.slice(2);

function say(name, what) {
  console.log(name + ' ' + (typeof what === 'string' ? what : JSON.stringify(what)));
}

function subscribeMqtt(name, url, protocolVersion) {
  const client = mqtt.connect(url, { protocolVersion, reconnectPeriod: 0 });
  client.on('error', (error) => say(name, 'error ' + error.message));
  client.on('message', (topic, payload, packet) => {
    const text = payload.toString();
    say(name, { topic, retain: packet.retain, value: text === '' ? null : JSON.parse(text) });
  });
  client.on('connect', () => client.subscribe(path, { qos: 1 }, (error) => say(name, error ? 'error ' + error : 'ready')));
}

subscribeMqtt('npm-mqtt-3', 'mqtt://' + mqttAddress, 4);
subscribeMqtt('npm-mqtt-5', 'mqtt://' + mqttAddress, 5);
subscribeMqtt('npm-mqtt-3-websocket', 'ws://' + httpAddress + '/mqtt', 4);
subscribeMqtt('npm-mqtt-5-websocket', 'ws://' + httpAddress + '/mqtt', 5);

const events = new EventSource('http://' + httpAddress + '/' + path);
events.onopen = () => say('npm-eventsource', 'ready');
events.onmessage = (event) => say('npm-eventsource', JSON.parse(event.data));

const socket = new WebSocket('ws://' + httpAddress + '/' + path);
socket.on('open', () => say('npm-ws', 'ready'));
socket.on('message', (text) => say('npm-ws', JSON.parse(text.toString())));
socket.on('error', (error) => say('npm-ws', 'error ' + error.message));

// SPDX-License-Identifier: Apache-2.0
// ws-deflate.js URL MESSAGES: what Autobahn's groups 12 and 13 do, with another suite's client: messages of many lengths, each
// sent back, under each way of offering permessage-deflate. Prints one line for each offer; exits with 1 at the first difference.
import crypto from 'node:crypto';
import WebSocket from 'ws';

const [url, messages] = [process.argv[2], Number(process.argv[3])];
const lengths = [0, 1, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072];
const offers = {
  'as ws does by itself': {},
  'no context of the client': { clientNoContextTakeover: true },
  'no context of the server': { serverNoContextTakeover: true },
  'no context': { clientNoContextTakeover: true, serverNoContextTakeover: true },
  'a window of the client of 9 bits': { clientMaxWindowBits: 9 },
  'a window of the server of 9 bits': { serverMaxWindowBits: 9 },
  'a window of the server of 15 bits': { serverMaxWindowBits: 15 },
  'none': false,
};

function content(length, binary, random) {
  if (binary) return random ? crypto.randomBytes(length) : Buffer.alloc(length, 'ab');
  const text = random ? crypto.randomBytes(length).toString('base64') : 'Hello ü ✓ '.repeat(length / 10 + 1);
  // Not JSON, which would be sent back as the same value but not as the same text.
  return `~${text.slice(0, Math.max(0, length - 6))}ü✓`;
}

function run(name, offer) {
  return new Promise((done, failed) => {
    const options = offer ? { threshold: 0, ...offer } : offer;
    const socket = new WebSocket(url, { perMessageDeflate: options, maxPayload: 1 << 24 });
    const expected = [];
    let came = 0;
    socket.on('error', failed);
    socket.on('close', code => failed(new Error(`${name}: closed with ${code} after ${came}`)));
    socket.on('open', () => {
      for (const length of lengths) {
        for (let i = 0; i < messages; i++) {
          const binary = i % 2 === 1;
          const message = content(length, binary, i % 4 < 2);
          expected.push([Buffer.from(message), binary]);
          if (i % 3 === 0 && message.length > 2) {
            const half = message.length >> 1;
            socket.send(message.slice(0, half), { binary, fin: false });
            socket.send(message.slice(half), { binary, fin: true });
          } else {
            socket.send(message, { binary });
          }
        }
      }
    });
    socket.on('message', (message, binary) => {
      const [bytes, wasBinary] = expected[came++];
      if (binary !== wasBinary || !bytes.equals(message)) {
        failed(new Error(`${name}: message ${came} came back as another`));
      } else if (came === lengths.length * messages) {
        socket.removeAllListeners('close');
        socket.close();
        console.log(`${name}: ${came} messages, extensions "${socket.extensions}"`);
        done();
      }
    });
  });
}

try {
  for (const [name, offer] of Object.entries(offers)) await run(name, offer);
} catch (failure) {
  console.log(failure.message);
  process.exit(1);
}

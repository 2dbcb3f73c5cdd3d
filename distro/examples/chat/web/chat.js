const room = location.hash.slice(1) || 'lobby';
const said = document.getElementById('said');
document.getElementById('room').textContent = room;
let socket;

const open = () => {
  said.replaceChildren();
  socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/chat/${encodeURIComponent(room)}`);
  socket.onmessage = (event) => {
    const { who, said: text, at } = JSON.parse(event.data);
    const line = document.createElement('li');
    const name = document.createElement('b');
    const time = document.createElement('time');
    name.textContent = who;
    time.textContent = new Date(at).toLocaleTimeString();
    line.append(name, text, time);
    said.append(line);
  };
  socket.onclose = () => setTimeout(open, 1000);
};

document.getElementById('say').onsubmit = (event) => {
  event.preventDefault();
  const words = document.getElementById('words');
  const who = document.getElementById('who').value || undefined;
  socket.send(JSON.stringify({ who, said: words.value }));
  words.value = '';
};
open();

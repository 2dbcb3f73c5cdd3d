// SPDX-License-Identifier: Apache-2.0
// Shows the rows of table Sensors as they are and as they change. Text from rows is only ever set as text.

const rows = new Map();
const LATELY = 30;
const CHANGES = 12;

const body = document.getElementById('rows');
const changes = document.getElementById('changes');
const state = document.getElementById('state');

const events = new EventSource('/Sensors/');
events.onopen = () => show('live');
events.onerror = () => show('lost');
events.onmessage = event => apply(JSON.parse(event.data));

function show(now) {
  state.dataset.state = now;
  state.textContent = now === 'live' ? 'live' : 'connection lost, trying again';
}

function apply(change) {
  if (change.type === 'put' || change.type === 'patch') {
    put(change);
  } else if (change.type === 'delete' || change.type === 'expire') {
    remove(change.id);
  } else if (change.type === 'reset') {
    [...rows.keys()].forEach(remove);
  }
  note(change);
  document.getElementById('count').value = rows.size;
  document.getElementById('empty').hidden = rows.size > 0;
}

function put(change) {
  const row = rows.get(change.id) ?? add(change.id);
  const value = change.value ?? {};
  row.cells[1].textContent = value.location ?? '';
  row.cells[2].textContent = value.temp ?? '';
  row.cells[4].textContent = time(change.timestamp);
  if (typeof value.temp === 'number') {
    row.lately = [...row.lately, value.temp].slice(-LATELY);
    draw(row);
  }
  row.element.classList.remove('changed');
  void row.element.offsetWidth;
  row.element.classList.add('changed');
}

function add(id) {
  const element = document.createElement('tr');
  const cells = Array.from({ length: 6 }, () => element.appendChild(document.createElement('td')));
  cells[0].textContent = id;
  cells[2].className = cells[4].className = 'number';
  cells[3].append(chart());
  const button = document.createElement('button');
  button.className = 'remove';
  button.textContent = '✕';
  button.title = `Delete Sensors/${id}`;
  button.onclick = () => fetch(url(id), { method: 'DELETE' });
  cells[5].append(button);
  const row = { element, cells, lately: [] };
  rows.set(id, row);
  const after = [...rows.keys()].filter(other => other > id).sort()[0];
  body.insertBefore(element, after === undefined ? null : rows.get(after).element);
  return row;
}

function remove(id) {
  rows.get(id)?.element.remove();
  rows.delete(id);
}

function chart() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'lately');
  svg.setAttribute('viewBox', `0 0 ${LATELY - 1} 10`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'polyline'));
  return svg;
}

function draw(row) {
  const least = Math.min(...row.lately);
  const span = Math.max(...row.lately) - least || 1;
  const from = LATELY - row.lately.length;
  const points = row.lately.map((temp, i) => `${from + i},${9 - (temp - least) / span * 8}`);
  row.cells[3].querySelector('polyline').setAttribute('points', points.join(' '));
}

function note(change) {
  const item = document.createElement('li');
  const type = document.createElement('b');
  type.textContent = change.type;
  const value = change.value === undefined ? '' : JSON.stringify(change.value);
  item.append(type, `${change.id ?? ''} ${value.length > 120 ? value.slice(0, 120) + '…' : value}`);
  changes.prepend(item);
  while (changes.children.length > CHANGES) {
    changes.lastChild.remove();
  }
}

function time(timestamp) {
  return timestamp ? new Date(timestamp).toLocaleTimeString() : '';
}

function url(id) {
  return '/Sensors/' + id.split('/').map(encodeURIComponent).join('/');
}

document.getElementById('put').onsubmit = async event => {
  event.preventDefault();
  const fields = new FormData(event.target);
  const answer = document.getElementById('answer');
  try {
    const response = await fetch(url(fields.get('id')), {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ location: fields.get('location'), temp: Number(fields.get('temp')) }),
    });
    answer.className = response.ok ? '' : 'wrong';
    answer.textContent = response.ok
      ? (response.status === 201 ? 'created' : 'replaced')
      : (await response.json().catch(() => ({}))).detail ?? `refused: ${response.status}`;
  } catch (unreachable) {
    answer.className = 'wrong';
    answer.textContent = String(unreachable);
  }
};

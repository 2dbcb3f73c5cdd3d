// SPDX-License-Identifier: Apache-2.0
// Every row below signs/ is a sign. Text from rows is only ever set as text.

const signs = new Map();
const main = document.getElementById('signs');
const state = document.getElementById('state');
const template = document.getElementById('sign');

// The filter signs/#, percent-encoded: the signs as they are, then what changes.
const events = new EventSource('/signs/%23');
events.onopen = () => tell('live', 'live');
events.onerror = () => tell('lost', 'connection lost, trying again');
events.onmessage = event => apply(JSON.parse(event.data));

function tell(now, text) {
  state.dataset.state = now;
  state.textContent = text;
}

function apply(change) {
  if (change.type === 'reset') {
    [...signs.keys()].forEach(remove);
  } else if (change.type === 'delete' || change.type === 'expire') {
    remove(change.id);
  } else if (change.type === 'put' || change.type === 'patch') {
    show(change);
  }
  document.getElementById('empty').hidden = signs.size > 0;
}

// A sign of plain text has one thing to say, and is then lit in full.
function read(value) {
  if (typeof value === 'string') {
    return { plain: true, text: value, brightness: 100, power: true };
  }
  const row = value ?? {};
  return {
    plain: row.text === undefined && row.value !== undefined,
    text: row.text ?? row.value ?? '',
    brightness: row.brightness ?? 100,
    power: row.power ?? true,
  };
}

function show(change) {
  const sign = signs.get(change.id) ?? add(change.id);
  const row = read(change.value);
  sign.plain = row.plain;
  sign.led.textContent = row.power ? row.text : '';
  sign.led.style.opacity = row.power ? 0.15 + 0.85 * row.brightness / 100 : 0;
  sign.element.dataset.power = row.power;
  sign.output.value = `${row.brightness} %`;
  sign.since.textContent = `since ${new Date(change.timestamp).toLocaleTimeString()}`;
  // What somebody is typing is not overwritten.
  const fields = sign.form.elements;
  if (!sign.form.contains(document.activeElement)) {
    fields.text.value = row.text;
    fields.brightness.value = row.brightness;
    fields.power.checked = row.power;
  }
  fields.brightness.disabled = fields.power.disabled = row.plain;
}

function add(id) {
  const element = template.content.firstElementChild.cloneNode(true);
  const sign = {
    element,
    led: element.querySelector('.led span'),
    form: element.querySelector('form'),
    output: element.querySelector('output'),
    told: element.querySelector('.told'),
    since: element.querySelector('.since'),
  };
  element.querySelector('h2').textContent = id.replace(/^signs\//, '');
  sign.form.elements.brightness.oninput = event => { sign.output.value = `${event.target.value} %`; };
  sign.form.onsubmit = event => {
    event.preventDefault();
    change(id, sign);
  };
  element.querySelector('.remove').onclick = () => send(id, sign.told, { method: 'DELETE' });
  signs.set(id, sign);
  const after = [...signs.keys()].filter(other => other > id).sort()[0];
  main.insertBefore(element, after === undefined ? null : signs.get(after).element);
  return sign;
}

function remove(id) {
  signs.get(id)?.element.remove();
  signs.delete(id);
}

async function change(id, sign) {
  const fields = sign.form.elements;
  const wanted = { text: fields.text.value, brightness: Number(fields.brightness.value), power: fields.power.checked };
  document.activeElement?.blur();
  await send(id, sign.told, sign.plain ? plain(wanted.text) : json('PATCH', wanted));
}

const plain = text => ({ method: 'PUT', headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: text });
const json = (method, value) => ({
  method,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

async function send(id, told, request) {
  told.textContent = '';
  try {
    const answer = await fetch('/' + id.split('/').map(encodeURIComponent).join('/'), request);
    if (!answer.ok) {
      const problem = await answer.json();
      told.textContent = problem.violations?.join('; ') ?? problem.detail;
    }
  } catch (failure) {
    told.textContent = `not sent: ${failure.message}`;
  }
}

document.getElementById('add').onsubmit = async event => {
  event.preventDefault();
  const fields = event.target.elements;
  const row = { text: fields.text.value, brightness: 100, power: true };
  await send(`signs/${fields.name.value}`, document.getElementById('answer'), json('PUT', row));
  event.target.reset();
};

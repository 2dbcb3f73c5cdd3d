// SPDX-License-Identifier: Apache-2.0
// Lists what /openapi describes and sends requests. Text from the server is only ever text: no markup is made of it.

const VERBS = ['get', 'put', 'patch', 'post', 'delete'];
const MOST_SHOWN = 100_000;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** The schema that a reference stands for. */
function resolved(api, schema) {
  if (schema && schema.$ref) {
    return schema.$ref.slice(2).split('/').reduce((at, name) => at && at[name], api);
  }
  return schema;
}

/** A value that a schema allows, to begin with. */
function example(api, schema, depth = 0) {
  const known = resolved(api, schema) || {};
  const type = Array.isArray(known.type) ? known.type[0] : known.type;
  if (known.enum) {
    return known.enum[0];
  } else if (type === 'object' && depth < 4) {
    return Object.fromEntries(
        Object.entries(known.properties || {})
            .filter(([, property]) => !property.readOnly)
            .map(([name, property]) => [name, example(api, property, depth + 1)]));
  } else if (type === 'array') {
    return [example(api, known.items, depth + 1)];
  }
  return {integer: 0, number: 0, boolean: false, string: known.format === 'date-time' ? new Date(0).toISOString() : ''}[type] ?? null;
}

function field(text, input) {
  return element('label', {}, text, input);
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function shown(response) {
  const type = response.headers.get('content-type') || '';
  if (/json|text|csv/.test(type)) {
    const text = await response.text();
    // Numbers that JavaScript cannot hold are shown as they came.
    if (/[/+]json/.test(type) && text.length < MOST_SHOWN && !/\d{16}/.test(text)) {
      try {
        return JSON.stringify(JSON.parse(text), null, 2);
      } catch (notOne) {
        return text;
      }
    }
    return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n… ${text.length} characters` : text;
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const hex = Array.from(bytes.slice(0, 1024), byte => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length === 0 ? '' : `${bytes.length} bytes: ${hex}${bytes.length > 1024 ? ' …' : ''}`;
}

/** The form that tries one operation. */
function form(api, path, verb, operation, parameters) {
  const inputs = new Map();
  const made = element('form', {});
  for (const parameter of parameters.filter(one => one.in === 'path')) {
    const input = element('input', {name: parameter.name, required: '', placeholder: parameter.name});
    inputs.set(parameter.name, input);
    made.append(field(parameter.name, input));
  }
  const query = path.endsWith('/') && (verb === 'get' || verb === 'delete')
      ? element('input', {name: 'query', placeholder: 'price=gt=100&sort(-price)&limit(10)'})
      : null;
  if (query) {
    made.append(field('query', query));
  }
  const content = operation.requestBody && operation.requestBody.content;
  const type = content && element('select', {name: 'type'});
  const body = content && element('textarea', {name: 'body', spellcheck: 'false'});
  if (content) {
    const types = Object.keys(content).filter(one => !/cbor|msgpack/.test(one));
    const offered = types.map(one => (one === '*/*' ? 'text/plain' : one));
    type.append(...offered.map(one => element('option', {}, one)));
    const schema = Object.values(content)[0].schema;
    body.value = schema ? JSON.stringify(example(api, schema), null, 2) : '';
    made.append(field('body', body), field('Content-Type', type));
  }
  const send = element('button', {type: 'submit'}, 'Send');
  const status = element('output', {class: 'status'});
  const curl = element('pre', {hidden: ''});
  const headers = element('pre', {hidden: ''});
  const answer = element('pre', {hidden: ''});
  made.append(send, status, curl, headers, answer);
  made.addEventListener('submit', async event => {
    event.preventDefault();
    send.disabled = true;
    let target = path;
    inputs.forEach((input, name) => {
      target = target.replace(`{${name}}`, encodeURIComponent(input.value).replaceAll('%2F', '/'));
    });
    if (query && query.value) {
      target += `?${query.value}`;
    }
    const accept = document.getElementById('accept').value;
    const init = {method: verb.toUpperCase(), headers: {Accept: accept}, cache: 'no-store'};
    if (content) {
      init.headers['Content-Type'] = type.value;
      init.body = body.value;
    }
    const words = Object.entries(init.headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
    curl.textContent = ['curl -X', init.method, quoted(location.origin + target), ...words,
      ...(content ? ['-d', quoted(body.value)] : [])].join(' ');
    curl.hidden = false;
    const began = performance.now();
    try {
      const response = await fetch(target, init);
      const text = await shown(response);
      const took = Math.round(performance.now() - began);
      status.textContent = `${response.status} ${response.statusText} in ${took} ms`;
      status.classList.toggle('bad', !response.ok);
      headers.textContent = Array.from(response.headers, ([name, value]) => `${name}: ${value}`).join('\n');
      answer.textContent = text;
    } catch (failure) {
      status.textContent = `no answer: ${failure.message}`;
      status.classList.add('bad');
      headers.textContent = '';
      answer.textContent = '';
    }
    headers.hidden = !headers.textContent;
    answer.hidden = !answer.textContent;
    send.disabled = false;
  });
  return made;
}

function entry(api, path, verb, operation, parameters) {
  const details = element('details', {'data-operation': operation.operationId || ''},
      element('summary', {},
          element('span', {class: `verb ${verb}`}, verb.toUpperCase()),
          element('code', {}, path),
          element('span', {class: 'what'}, operation.summary || '')));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) {
      details.append(form(api, path, verb, operation, parameters));
    }
  });
  return details;
}

async function show() {
  const state = document.getElementById('state');
  const response = await fetch('/openapi', {headers: {Accept: 'application/json'}});
  if (!response.ok) {
    state.textContent = `/openapi answers ${response.status}`;
    return;
  }
  const api = await response.json();
  const tables = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const verb of VERBS.filter(one => item[one])) {
      const tag = (item[verb].tags || ['other'])[0];
      if (!tables.has(tag)) {
        tables.set(tag, element('section', {}, element('h2', {}, tag)));
      }
      const parameters = [...(item.parameters || []), ...(item[verb].parameters || [])];
      tables.get(tag).append(entry(api, path, verb, item[verb], parameters));
    }
  }
  document.getElementById('tables').replaceChildren(...tables.values());
  const link = element('a', {href: '/openapi'}, '/openapi');
  state.replaceChildren(`${api.info.summary || api.info.title}: ${tables.size}. The description is `, link, '.');
}

show().catch(failure => {
  document.getElementById('state').textContent = `the description cannot be read: ${failure.message}`;
});

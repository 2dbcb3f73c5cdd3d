// SPDX-License-Identifier: Apache-2.0
// What a web platform has and the language itself has not: as much of it as applications on a server use. Evaluated once
// in each isolate, with the functions of Host; returns what later files need.
(host) => {
  'use strict';

  const decode = (text) => decodeURIComponent(text.replace(/\+/g, ' '));

  const unescape = (text) => {
    try {
      return decode(text);
    } catch (malformed) {
      return text;
    }
  };

  const encode = (text) => encodeURIComponent(text).replace(/%20/g, '+');

  /** The names and values of a query, read when somebody first asks for them. */
  class URLSearchParams {
    #text;
    #pairs = null;

    constructor(from = '') {
      if (typeof from === 'string') {
        this.#text = from.startsWith('?') ? from.slice(1) : from;
      } else {
        this.#pairs = [...(typeof from[Symbol.iterator] === 'function' ? from : Object.entries(from))].map(
          ([name, value]) => [String(name), String(value)],
        );
      }
    }

    get #all() {
      if (this.#pairs === null) {
        this.#pairs = this.#text
          .split('&')
          .filter((part) => part !== '')
          .map((part) => {
            const equals = part.indexOf('=');
            return equals < 0
              ? [unescape(part), '']
              : [unescape(part.slice(0, equals)), unescape(part.slice(equals + 1))];
          });
      }
      return this.#pairs;
    }

    get size() {
      return this.#all.length;
    }

    get(name) {
      const found = this.#all.find((pair) => pair[0] === name);
      return found ? found[1] : null;
    }

    getAll(name) {
      return this.#all.filter((pair) => pair[0] === name).map((pair) => pair[1]);
    }

    has(name) {
      return this.#all.some((pair) => pair[0] === name);
    }

    set(name, value) {
      const first = this.#all.find((pair) => pair[0] === name);
      if (first) {
        first[1] = String(value);
        this.#pairs = this.#all.filter((pair) => pair === first || pair[0] !== name);
      } else {
        this.append(name, value);
      }
    }

    append(name, value) {
      this.#all.push([String(name), String(value)]);
    }

    delete(name) {
      this.#pairs = this.#all.filter((pair) => pair[0] !== name);
    }

    sort() {
      this.#all.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    }

    forEach(action, receiver) {
      this.#all.forEach(([name, value]) => action.call(receiver, value, name, this));
    }

    keys() {
      return this.#all.map((pair) => pair[0]).values();
    }

    values() {
      return this.#all.map((pair) => pair[1]).values();
    }

    entries() {
      return this.#all.map((pair) => [pair[0], pair[1]]).values();
    }

    [Symbol.iterator]() {
      return this.entries();
    }

    toString() {
      return this.#pairs === null
        ? this.#text
        : this.#pairs.map(([name, value]) => encode(name) + '=' + encode(value)).join('&');
    }
  }

  /** Names of headers are the same in any case; several values of one name are joined by commas. */
  class Headers {
    #values = new Map();

    constructor(from) {
      if (from) {
        const pairs = typeof from[Symbol.iterator] === 'function' ? from : Object.entries(from);
        for (const [name, value] of pairs) {
          this.append(name, value);
        }
      }
    }

    append(name, value) {
      const key = String(name).toLowerCase();
      const before = this.#values.get(key);
      this.#values.set(key, before === undefined ? String(value) : before + ', ' + value);
    }

    set(name, value) {
      this.#values.set(String(name).toLowerCase(), String(value));
    }

    get(name) {
      return this.#values.get(String(name).toLowerCase()) ?? null;
    }

    has(name) {
      return this.#values.has(String(name).toLowerCase());
    }

    delete(name) {
      this.#values.delete(String(name).toLowerCase());
    }

    forEach(action, receiver) {
      this.#values.forEach((value, name) => action.call(receiver, value, name, this));
    }

    keys() {
      return this.#values.keys();
    }

    values() {
      return this.#values.values();
    }

    entries() {
      return this.#values.entries();
    }

    [Symbol.iterator]() {
      return this.entries();
    }
  }

  class TextEncoder {
    encoding = 'utf-8';

    encode(text = '') {
      return new Uint8Array(host.encode(String(text)));
    }
  }

  class TextDecoder {
    encoding = 'utf-8';

    decode(bytes = new Uint8Array(0)) {
      return host.decode(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes.buffer ?? bytes));
    }
  }

  /** An answer: of a resource to a client, or of another server to fetch. */
  class Response {
    #body;
    #headers;
    #status;

    constructor(body = null, options = {}) {
      this.#body = body;
      this.#status = options.status ?? 200;
      this.#headers = new Headers(options.headers);
    }

    static json(value, options = {}) {
      const response = new Response(JSON.stringify(value), options);
      if (!response.headers.has('content-type')) {
        response.headers.set('content-type', 'application/json');
      }
      return response;
    }

    static redirect(url, status = 302) {
      return new Response(null, { status, headers: { Location: String(url) } });
    }

    get status() {
      return this.#status;
    }

    get ok() {
      return this.#status >= 200 && this.#status < 300;
    }

    get headers() {
      return this.#headers;
    }

    get body() {
      return this.#body;
    }

    async text() {
      const body = this.#body ?? '';
      return typeof body === 'string' ? body : host.decode(body);
    }

    async json() {
      return JSON.parse(await this.text());
    }

    async arrayBuffer() {
      return (await this.bytes()).buffer;
    }

    async bytes() {
      const body = this.#body ?? '';
      return typeof body === 'string' ? new Uint8Array(host.encode(body)) : new Uint8Array(body);
    }
  }

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  const btoa = (text) => {
    let out = '';
    for (let at = 0; at < text.length; at += 3) {
      const left = text.length - at;
      const bits = (text.charCodeAt(at) << 16) | ((text.charCodeAt(at + 1) || 0) << 8) | (text.charCodeAt(at + 2) || 0);
      out += alphabet[bits >> 18] + alphabet[(bits >> 12) & 63];
      out += left > 1 ? alphabet[(bits >> 6) & 63] : '=';
      out += left > 2 ? alphabet[bits & 63] : '=';
    }
    return out;
  };

  const atob = (text) => {
    const digits = text.replace(/[\s=]/g, '');
    let out = '';
    let bits = 0;
    let count = 0;
    for (const digit of digits) {
      const value = alphabet.indexOf(digit);
      if (value < 0) {
        throw new Error('not base64');
      }
      bits = ((bits << 6) | value) & 0xffffff;
      count += 6;
      if (count >= 8) {
        count -= 8;
        out += String.fromCharCode((bits >> count) & 255);
      }
    }
    return out;
  };

  const clone = (value, seen) => {
    if (typeof value === 'function') {
      throw new TypeError('a function cannot be cloned');
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (seen.has(value)) {
      return seen.get(value);
    }
    if (value instanceof Date) {
      return new Date(value);
    }
    if (ArrayBuffer.isView(value)) {
      return value.slice();
    }
    const copy = Array.isArray(value)
      ? []
      : value instanceof Map
        ? new Map()
        : value instanceof Set
          ? new Set()
          : {};
    seen.set(value, copy);
    if (copy instanceof Map) {
      value.forEach((item, key) => copy.set(clone(key, seen), clone(item, seen)));
    } else if (copy instanceof Set) {
      value.forEach((item) => copy.add(clone(item, seen)));
    } else {
      for (const key of Object.keys(value)) {
        copy[key] = clone(value[key], seen);
      }
    }
    return copy;
  };

  Object.assign(globalThis, {
    URLSearchParams,
    Headers,
    Response,
    TextEncoder,
    TextDecoder,
    btoa,
    atob,
    structuredClone: (value) => clone(value, new Map()),
    crypto: Object.freeze({ randomUUID: () => host.uuid() }),
    performance: Object.freeze({ now: () => host.now() }),
    queueMicrotask: (action) => {
      Promise.resolve().then(action);
    },
  });

  return { URLSearchParams, Headers, Response };
}

// SPDX-License-Identifier: Apache-2.0
// What applications find under global names, and what the host calls. Evaluated once in each isolate.
(host, web, parts, api) => {
  'use strict';

  const { RequestTarget, RecordObject, Results, refusal, asked, turn } = parts;
  const { Resource, tables, databases, transaction, dispatch, actions, written, thenable } = api;

  // --- streams ---------------------------------------------------------------------------------------------------------

  /** Values that come when they come: to be iterated, or told to who listens. */
  class Events {
    #queue = [];
    #takers = [];
    #listeners = new Map();
    #closed = false;
    #failure = null;
    #taken;

    constructor(taken = null) {
      this.#taken = taken;
    }

    get queue() {
      return this.#queue;
    }

    send(value) {
      const listeners = this.#listeners.get('data');
      if (listeners !== undefined && listeners.length > 0) {
        listeners.forEach((listener) => listener(value));
        this.#done();
      } else if (this.#takers.length > 0) {
        this.#takers.shift().resolve({ value, done: false });
        this.#done();
      } else if (!this.#closed) {
        if (this.#queue.length >= 10000) {
          throw new Error('10,000 messages wait in a stream that nobody reads');
        }
        this.#queue.push(value);
      }
    }

    #done() {
      if (this.#taken !== null) {
        this.#taken();
      }
    }

    error(failure) {
      this.#failure = failure;
      this.end();
    }

    end() {
      if (!this.#closed) {
        this.#closed = true;
        for (const taker of this.#takers.splice(0)) {
          if (this.#failure === null) {
            taker.resolve({ value: undefined, done: true });
          } else {
            taker.reject(this.#failure);
          }
        }
        (this.#listeners.get('close') ?? []).forEach((listener) => listener());
      }
    }

    close() {
      this.end();
    }

    on(name, listener) {
      const known = this.#listeners.get(name) ?? [];
      this.#listeners.set(name, [...known, listener]);
      if (name === 'data') {
        for (const value of this.#queue.splice(0)) {
          listener(value);
          this.#done();
        }
      }
      return this;
    }

    next() {
      if (this.#queue.length > 0) {
        const value = this.#queue.shift();
        this.#done();
        return Promise.resolve({ value, done: false });
      }
      if (this.#closed) {
        return this.#failure === null
          ? Promise.resolve({ value: undefined, done: true })
          : Promise.reject(this.#failure);
      }
      return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    }

    return() {
      this.end();
      return Promise.resolve({ value: undefined, done: true });
    }

    [Symbol.asyncIterator]() {
      return this;
    }
  }

  parts.Events = Events;

  const streams = new Map();
  let numbers = 0;

  parts.subscription = (table, own, request, id) => {
    const number = ++numbers;
    const events = new Events(() => host.taken(number));
    const mine = turn.scope;
    streams.set(number, events);
    mine?.watch(events);
    events.on('close', () => {
      streams.delete(number);
      mine?.watching?.delete(events);
      host.unsubscribe(number);
    });
    asked(() =>
      host.subscribe(
        turn.scope?.door ?? null,
        own,
        number,
        table.name,
        request.id === null || request.id === undefined ? (id ?? null) : String(request.id),
        request.includeDescendants === true || request.isCollection,
        request.omitCurrent === true,
        request.startTime === undefined ? -1 : Number(request.startTime),
        request.previousCount ?? -1,
      ),
    );
    return events;
  };

  const NONE = Object.freeze([]);
  const { answer: say } = host;

  // --- scopes ----------------------------------------------------------------------------------------------------------

  /** The request as its methods see it. */
  class Context {
    #scope;

    constructor(scope) {
      this.#scope = scope;
    }

    get #known() {
      this.#scope.facts ??= host.facts(this.#scope.door);
      return this.#scope.facts;
    }

    get user() {
      const scope = this.#scope;
      if (scope.user === undefined) {
        const [name, administrator, ...roles] = this.#known.user;
        scope.user = name === null ? null : Object.freeze({
          username: name,
          active: true,
          role: Object.freeze({ role: roles[0] ?? (administrator ? 'super_user' : ''), permission: Object.freeze({ super_user: administrator }) }),
          roles: Object.freeze(roles),
        });
      }
      return scope.user;
    }

    get headers() {
      this.#scope.headers ??= new web.Headers(this.#known.headers);
      return this.#scope.headers;
    }

    get responseHeaders() {
      this.#scope.answer ??= new web.Headers();
      return this.#scope.answer;
    }

    get response() {
      const headers = this.responseHeaders;
      return { headers };
    }

    get url() {
      return this.#known.url;
    }

    get pathname() {
      return this.#known.url.split('?')[0];
    }

    get method() {
      return this.#known.method;
    }

    get protocol() {
      return this.#known.protocol;
    }

    get ip() {
      return this.#known.ip;
    }

    get host() {
      return this.headers.get('host') ?? undefined;
    }

    get data() {
      return Promise.resolve(this.#scope.data);
    }

    get transaction() {
      return Object.freeze({ timestamp: this.#known.timestamp });
    }
  }

  /** Also has what its context was asked for. */
  class Scope {
    constructor(door, cls, data, writes) {
      /** Rows that are written at its end; null for none. */
      this.drafts = null;
      /** What it watches: ended with it, since a generator that waits for a change hears of nothing else. Null for nothing. */
      this.watching = null;
      /** Whether its transaction has ended while a stream of answers goes on. */
      this.over = false;
      this.door = door;
      this.cls = cls;
      this.data = data;
      this.writes = writes;
    }

    get context() {
      this.seen ??= new Context(this);
      return this.seen;
    }

    watch(events) {
      (this.watching ??= new Set()).add(events);
    }

    get headed() {
      return this.answer === undefined ? NONE : [...this.answer].flat();
    }
  }

  /** Runs a transaction that no request began; perhaps again, where others were faster. */
  const work = (number, door) => {
    const due = parts.works.get(number);
    const scope = new Scope(door, null, undefined, true);
    const done = (value) => {
      due.value = value;
      finished(scope, undefined);
    };
    const broken = (error) => {
      due.error = error;
      failed(scope, error);
    };
    turn.scope = scope;
    due.error = undefined;
    try {
      const result = due.action(scope.context);
      if (thenable(result)) {
        result.then(done, broken);
      } else {
        done(result);
      }
    } catch (error) {
      broken(error);
    }
  };

  // --- answers ---------------------------------------------------------------------------------------------------------

  const NOTHING = 0;
  const RECORD = 1;
  const ROWS = 2;
  const DATA = 3;
  const ITEMS = 4;
  const BYTES = 5;

  const iterator = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      return null;
    }
    if (typeof value[Symbol.asyncIterator] === 'function') {
      return value[Symbol.asyncIterator]();
    }
    return typeof value[Symbol.iterator] === 'function' && !(value instanceof Map) && !(value instanceof Set)
      ? value[Symbol.iterator]()
      : null;
  };

  const flat = (headers) =>
    headers === undefined || headers === null ? [] : [...new web.Headers(headers)].flat().map(String);

  const streaming = (scope, source) => {
    const number = ++numbers;
    streams.set(number, { scope, source });
    return number;
  };

  const plain = (value) => (value instanceof Resource ? value.toJSON() : value);

  /** Tells the host what is answered: a status, headers, what sort of answer it is, and the answer. */
  const answered = (scope, value, status, headers) => {
    if (value === undefined || value === null) {
      say(scope.door, status, headers, NOTHING, null);
    } else if (value instanceof RecordObject) {
      say(scope.door, status, headers, RECORD, RecordObject.row(value));
    } else if (value instanceof Results && Results.untouched(value) !== null) {
      const [from, own, text] = Results.untouched(value);
      say(scope.door, status, headers, ROWS, [from, own, text]);
    } else {
      const source = iterator(value);
      if (source !== null) {
        say(scope.door, status, headers, ITEMS, streaming(scope, source));
      } else {
        say(scope.door, status, headers, DATA, plain(value));
      }
    }
  };

  const finished = (scope, value) => {
    turn.scope = scope;
    try {
      if (scope.drafts !== null) {
        written(scope);
      }
      if (value === undefined && scope.answer === undefined) {
        say(scope.door, 0, null, NOTHING, null);
      } else {
        shape(scope, value);
      }
      scope.over = true;
    } catch (error) {
      failed(scope, error);
    }
  };

  const shape = (scope, value) => {
    const extra = scope.headed;
    const whole = value instanceof web.Response;
    const shaped = whole || (typeof value === 'object' && value !== null && Number.isInteger(value.status) && !(value instanceof RecordObject) &&
      (value.headers !== undefined || value.data !== undefined || value.body !== undefined));
    if (!shaped) {
      answered(scope, value, 0, extra);
    } else if (value.body !== undefined && value.body !== null) {
      const headers = [...extra, ...flat(value.headers)];
      const source = typeof value.body === 'string' || ArrayBuffer.isView(value.body) ? null : iterator(value.body);
      if (source === null) {
        say(scope.door, value.status, headers, BYTES, value.body);
      } else {
        say(scope.door, value.status, headers, ITEMS, streaming(scope, source));
      }
    } else {
      answered(scope, value.data, value.status, [...extra, ...flat(value.headers)]);
    }
  };

  const failed = (scope, error) => {
    scope.over = true;
    const known = typeof error === 'object' && error !== null;
    const status = known && Number.isInteger(error.statusCode) ? error.statusCode : known && Number.isInteger(error.status) ? error.status : 0;
    host.fail(scope.door, status, known ? String(error.message ?? error) : String(error), known && typeof error.stack === 'string' ? error.stack : '');
  };

  /** Serves one request; the host hears of the answer by host.answer or host.fail. */
  const serve = (door, cls, action, id, search, collection, data, writes, incoming) => {
    const scope = new Scope(door, cls, data, writes);
    turn.scope = scope;
    try {
      const target = RequestTarget.of(cls.directURLMapping === true && search !== '' ? id + '?' + search : id, cls.directURLMapping === true ? '' : search, collection);
      if (typeof cls.parsePath === 'function') {
        target.id = cls.parsePath(target.id, scope.context, search);
      }
      target.checkPermission = true;
      let given = action === 'CONNECT' ? undefined : data;
      if (incoming) {
        const number = ++numbers;
        given = new Events(() => host.read(door, number));
        streams.set(number, given);
        host.incoming(door, number);
      }
      const result = dispatch(cls, action, target, given);
      const done = (value) => {
        if (action === 'DELETE' && value === false && api.tableOf(cls) !== null) {
          failed(scope, refusal(404, 'no such row'));
        } else {
          // Whether a row was there is the status, not a body.
          finished(scope, action === 'DELETE' && value === true ? undefined : value);
        }
      };
      if (result !== undefined && thenable(result)) {
        result.then(done, (error) => failed(scope, error));
      } else {
        done(result);
      }
    } catch (error) {
      failed(scope, error);
    }
  };

  /** The next value of a stream that is being answered. */
  const pull = (number) => {
    const stream = streams.get(number);
    if (stream === undefined) {
      host.pulled(number, true, null);
      return;
    }
    turn.scope = stream.scope;
    const got = (step) => {
      if (step.done) {
        streams.delete(number);
        host.pulled(number, true, null);
      } else if (thenable(step.value)) {
        step.value.then((value) => got({ done: false, value }), broken);
      } else {
        host.pulled(number, false, plain(step.value));
      }
    };
    const broken = (error) => {
      streams.delete(number);
      host.broke(number, error?.statusCode ?? 0, String(error?.message ?? error), String(error?.stack ?? ''));
    };
    try {
      const step = stream.source.next();
      if (thenable(step)) {
        step.then(got, broken);
      } else {
        got(step);
      }
    } catch (error) {
      broken(error);
    }
  };

  const cancel = (number) => {
    const stream = streams.get(number);
    if (stream !== undefined) {
      streams.delete(number);
      turn.scope = stream.scope;
      stream.scope.watching?.forEach((events) => events.end());
      const ended = stream.source.return?.();
      if (thenable(ended)) {
        ended.then(undefined, () => undefined);
      }
    }
  };

  const push = (number, value) => {
    const events = streams.get(number);
    if (events !== undefined) {
      turn.scope = null;
      events.send(value);
    }
  };

  const end = (number) => {
    const events = streams.get(number);
    if (events !== undefined) {
      streams.delete(number);
      turn.scope = null;
      events.end();
    }
  };

  // --- timers, events, logs ----------------------------------------------------------------------------------------------

  const timers = new Map();
  let timed = 0;

  const timer = (action, delay, repeat, args) => {
    const number = ++timed;
    timers.set(number, { action, args, repeat, scope: turn.scope });
    host.timer(number, Math.max(1, Number(delay) || 0), repeat);
    const handle = { [Symbol.toPrimitive]: () => number, ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  };

  const stop = (handle) => {
    const number = Number(handle);
    if (timers.delete(number)) {
      host.untimer(number);
    }
  };

  const fire = (number) => {
    const due = timers.get(number);
    if (due !== undefined) {
      if (!due.repeat) {
        timers.delete(number);
      }
      turn.scope = due.scope;
      due.action(...due.args);
    }
  };

  const listeners = new Map();

  const happened = (name, session) => {
    turn.scope = null;
    (listeners.get(name) ?? []).forEach((listener) => listener(session, undefined));
  };

  const shown = (value) => {
    if (typeof value === 'string') {
      return value;
    }
    if (value instanceof Error) {
      return value.stack ?? String(value);
    }
    if (typeof value !== 'object' || value === null) {
      return String(value);
    }
    try {
      return JSON.stringify(value, (key, item) => (typeof item === 'bigint' ? item + 'n' : item)) ?? String(value);
    } catch (circular) {
      return Object.prototype.toString.call(value);
    }
  };

  const log = (level) => (...values) => host.log(level, values.map(shown).join(' '));

  const logger = {
    trace: log('trace'),
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    fatal: log('error'),
    notify: log('info'),
    withTag: () => logger,
  };

  const missing = (name, instead) => () => {
    throw new Error(name + ' is not there' + (instead === undefined ? '' : ': ' + instead));
  };

  const server = {
    workerIndex: host.index,
    mqtt: {
      events: {
        on: (name, listener) => {
          host.listen(name);
          listeners.set(name, [...(listeners.get(name) ?? []), listener]);
          return server.mqtt.events;
        },
      },
    },
    http: missing('server.http', 'an application answers with classes that it exports; a protocol of its own is a bundle'),
    request: missing('server.request', 'an application answers with classes that it exports'),
    ws: missing('server.ws', 'a class that is exported answers WebSockets with connect()'),
    upgrade: missing('server.upgrade', 'a class that is exported answers WebSockets with connect()'),
    socket: missing('server.socket', 'a protocol of its own is a bundle'),
    getUser: missing('server.getUser', 'the user of a request is in getContext().user'),
    authenticateUser: missing('server.authenticateUser', 'who calls is known when a method is called'),
    operation: missing('server.operation'),
    recordAnalytics: missing('server.recordAnalytics'),
    config: {},
  };

  const getContext = () => turn.scope?.context ?? {};

  const modules = {
    tables,
    databases,
    Resource,
    RequestTarget,
    transaction,
    logger,
    server,
    getContext,
    getUser: () => turn.scope?.context.user ?? undefined,
    getResponse: () => turn.scope?.context.response,
    config: Object.freeze(host.settings()),
    contentTypes: new Map(),
    createBlob: missing('createBlob', 'bytes beside rows are put over HTTP'),
    auth: missing('auth', 'who calls is known when a method is called'),
    threads: Object.freeze([]),
    isMainThread: host.index === 0,
    secrets: Object.freeze({}),
  };
  modules.contentTypes.set = missing('contentTypes.set', 'a format is a bundle with a Codec');

  const fetch = async (address, options = {}) => {
    const url = String(address?.url ?? address);
    const headers = [...new web.Headers(options.headers)].flat();
    const body = options.body === undefined || options.body === null ? null : typeof options.body === 'string' ? options.body : String(options.body);
    const [status, received, text] = await parts.later((number) => asked(() => host.fetch(number, url, String(options.method ?? 'GET'), headers, body)));
    return new web.Response(text, { status, headers: received });
  };

  const process = Object.freeze({
    env: Object.freeze(host.environment()),
    nextTick: (action, ...args) => {
      Promise.resolve().then(() => action(...args));
    },
    cwd: () => '/',
    platform: 'tarn',
    version: 'v22.0.0',
    versions: Object.freeze({}),
    on: () => process,
    uptime: () => host.now() / 1000,
  });

  for (const [name, value] of Object.entries({
    ...modules,
    fetch,
    process,
    global: globalThis,
    console: Object.freeze({
      log: log('info'),
      info: log('info'),
      debug: log('debug'),
      trace: log('trace'),
      warn: log('warn'),
      error: log('error'),
    }),
    setTimeout: (action, delay, ...args) => timer(action, delay, false, args),
    setInterval: (action, delay, ...args) => timer(action, delay, true, args),
    setImmediate: (action, ...args) => timer(action, 0, false, args),
    clearTimeout: stop,
    clearInterval: stop,
    clearImmediate: stop,
    require: (name) => {
      if (name === 'harperdb' || name === 'harper') {
        return modules;
      }
      throw new Error("module '" + name + "' is not there; only 'harperdb' and 'harper' can be required");
    },
  })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }

  globalThis.Graal.setUnhandledPromiseRejectionHandler((reason) => {
    if (reason !== undefined) {
      host.log('warn', 'a promise failed that nobody waits for: ' + shown(reason));
    }
  });
  delete globalThis.Graal;

  const isResource = (value) => typeof value === 'function' && (value === Resource || value.prototype instanceof Resource);

  /** What a module exports, as [name, class, name of the class, table or null, actions …] each. */
  const exported = (module) =>
    Object.keys(module)
      .filter((name) => typeof module[name] === 'function' && (isResource(module[name]) || hasVerb(module[name])))
      .map((name) => {
        const cls = module[name];
        return [name, cls, cls.name, isResource(cls) ? (api.tableOf(cls)?.name ?? null) : null, isResource(cls), ...(isResource(cls) ? actions(cls) : [])];
      });

  /** Classes over tables whose source is written as well, as exported tells them. */
  const throughs = () =>
    api.sources
      .map(({ Table, source }) => [Table, api.through(Table, source)])
      .filter(([, cls]) => actions(cls).length > 0)
      .map(([Table, cls]) => [Table.tableName, cls, Table.tableName, api.tableOf(Table).name, true, ...actions(cls)]);

  /** Follows sources that tell of changes by themselves, and begins again a second after one has failed. */
  const follow = () => {
    for (const { Table, source } of api.sources) {
      const changes = async () => {
        turn.scope = null;
        for await (const event of (await api.told(source)) ?? []) {
          if (event.type === 'delete' || event.type === 'invalidate') {
            await Table.delete(event.id);
          } else {
            await Table.put(event.id, event.value);
          }
        }
      };
      const begin = () =>
        changes().catch((error) => {
          host.log('warn', 'the source of ' + Table.tableName + ' failed: ' + shown(error));
          timer(begin, 1000, false, []);
        });
      begin();
    }
  };

  const hasVerb = (value) => ['get', 'put', 'post', 'patch', 'delete', 'connect'].some((verb) => typeof value[verb] === 'function' || typeof value.prototype?.[verb] === 'function');

  /** Calls the fetching method of a source. */
  const source = (door, read, id) => {
    const scope = new Scope(door, null, undefined, true);
    turn.scope = scope;
    try {
      const result = read(id);
      if (thenable(result)) {
        result.then(
          (value) => finished(scope, value),
          (error) => failed(scope, error),
        );
      } else {
        finished(scope, result);
      }
    } catch (error) {
      failed(scope, error);
    }
  };

  return {
    serve,
    work,
    source,
    settle: parts.settle,
    pull,
    cancel,
    push,
    end,
    fire,
    happened,
    follow,
    exported,
    throughs,
    names: Object.keys(modules),
  };
}

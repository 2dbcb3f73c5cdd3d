// SPDX-License-Identifier: Apache-2.0
// The words of Harper's Resource API, over what Host offers. Evaluated once in each isolate.
//
// A scope is what is being served: a request, a connection that stays, a timer. Whatever enters the isolate says whose
// turn it is, and all that the turn leads to (the microtasks are run before it is left) belongs to the same scope. What is
// waited for remembers its scope, so that requests may wait side by side in one isolate.
//
// What every request runs has its returns at the end of functions (decision 0204): elsewhere, and in a try, they cost the
// interpreter an exception, which takes some microseconds.
(host, web, query) => {
  'use strict';

  /** Whose turn it is. */
  const turn = { scope: null };

  /** A refusal that is answered with this status. */
  const refusal = (status, text) => Object.assign(new Error(text), { statusCode: status });

  /** Errors of the host as errors of the language. */
  const translated = (error) => {
    const known = host.explain(error);
    return known === null ? error : Object.assign(new Error(known[1]), { statusCode: known[0], violations: known[2] });
  };

  const asked = (action) => {
    let answer;
    try {
      answer = action();
    } catch (error) {
      throw translated(error);
    }
    return answer;
  };

  /** Whether no transaction is under way. */
  const idle = () => turn.scope === null || turn.scope.over;

  const door = () => {
    const { scope } = turn;
    if (scope === null || scope.over) {
      throw new Error('the request is answered, or there is none: use the static methods of tables.X, and await them');
    }
    return scope.door;
  };

  // --- what is waited for -------------------------------------------------------------------------------------------

  const waiting = new Map();
  let waits = 0;

  /** A promise that the host settles; start gets its number. */
  const later = (start) => {
    const number = ++waits;
    const mine = turn.scope;
    return new Promise((resolve, reject) => {
      waiting.set(number, { resolve, reject, scope: mine });
      start(number);
    });
  };

  /** Transactions that no request began, by the number of who waits for them. */
  const works = new Map();

  const settle = (number, failed, value) => {
    const waiter = waiting.get(number);
    if (waiter !== undefined) {
      waiting.delete(number);
      turn.scope = waiter.scope;
      const work = works.get(number);
      if (failed) {
        waiter.reject(work?.error ?? refusal(value[0], value[1]));
      } else {
        waiter.resolve(work === undefined ? value : work.value);
      }
      works.delete(number);
    }
  };

  // --- rows -----------------------------------------------------------------------------------------------------------

  /** A row as it was read: its properties, frozen. */
  class RecordObject {
    #row;

    constructor(row) {
      this.#row = row;
    }

    getUpdatedTime() {
      return host.updated(this.#row);
    }

    getExpiresAt() {
      return host.expires(this.#row);
    }

    static row(value) {
      return #row in value ? value.#row : undefined;
    }
  }

  const MANY = 64;
  const set = (object, key, value) =>
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });

  /** Makes functions that make rows with these properties: an object whose properties are known is made fast. */
  const rowMaker = (keys) => {
    if (keys.length > MANY) {
      return (row, ...values) => {
        const record = new RecordObject(row);
        keys.forEach((key, at) => set(record, key, values[at]));
        return Object.freeze(record);
      };
    }
    const names = keys.map((key, at) => 'v' + at);
    const steps = keys.map((key, at) =>
      key === '__proto__' ? 'set(r,"__proto__",v' + at + ');' : 'r[' + JSON.stringify(key) + ']=v' + at + ';',
    );
    return Function(
      'RecordObject',
      'set',
      'return (' + ['row', ...names].join(',') + ')=>{const r=new RecordObject(row);' + steps.join('') + 'return Object.freeze(r);}',
    )(RecordObject, set);
  };

  const objectMaker = (keys) => {
    if (keys.length > MANY) {
      return (...values) => {
        const made = {};
        keys.forEach((key, at) => set(made, key, values[at]));
        return made;
      };
    }
    const names = keys.map((key, at) => 'v' + at);
    const pairs = keys.map((key, at) => '[' + JSON.stringify(key) + ']:v' + at);
    return Function('return (' + names.join(',') + ')=>({' + pairs.join(',') + '})')();
  };

  // --- what a request is about ------------------------------------------------------------------------------------------

  class RequestTarget extends web.URLSearchParams {
    #path;
    #query;
    #conditions = null;
    id;
    isCollection;

    /** Hides the method of that name. */
    sort;

    constructor(text = '') {
      const mark = text === '' ? -1 : text.indexOf('?');
      const search = mark < 0 ? '' : text.slice(mark + 1);
      super(search);
      this.#query = search;
      this.#path = mark < 0 ? text : text.slice(0, mark);
      const id = this.#path.startsWith('/') ? this.#path.slice(1) : this.#path;
      this.isCollection = id === '';
      this.id = id === '' ? null : decodeURIComponent(id);
    }

    /** What the engine says of a request. */
    static of(id, search, collection) {
      const target = new RequestTarget(search === '' ? '' : '?' + search);
      target.id = id;
      target.isCollection = collection;
      target.#path = id === null ? '' : String(id);
      return target;
    }

    get pathname() {
      return this.#path.startsWith('/') ? this.#path : '/' + this.#path;
    }

    get search() {
      return this.#query === '' ? '' : '?' + this.#query;
    }

    get target() {
      return this.pathname + this.search;
    }

    get conditions() {
      if (this.#conditions === null) {
        this.#conditions = query.conditions(this.#query);
      }
      return this.#conditions;
    }

    set conditions(changed) {
      this.#conditions = changed;
      this.#query = '';
    }

    /** In the query language: what came, unless the target was changed since. */
    static text(target) {
      const asked = target.select !== undefined || target.limit !== undefined || target.sort !== undefined;
      if (target.#query !== '' && !asked) {
        return target.#query;
      }
      if (target.#query !== '') {
        return [target.#query, query.text({ ...target, conditions: undefined })].filter((part) => part !== '').join('&');
      }
      return query.text(target);
    }

    toString() {
      const path = this.#path.startsWith('/') ? this.#path.slice(1) : this.#path;
      return path + this.search;
    }
  }

  /** Ids, queries and targets as targets. */
  const targeted = (given) => (given instanceof RequestTarget ? given : targetOf(given));

  const targetOf = (given) => {
    const target = new RequestTarget();
    if (given === undefined || given === null) {
      return target;
    }
    if (Array.isArray(given)) {
      target.id = given.join('/');
      target.isCollection = false;
    } else if (typeof given === 'object') {
      const { conditions, ...rest } = given;
      Object.assign(target, rest);
      target.isCollection = given.id === undefined;
      if (conditions !== undefined) {
        target.conditions = conditions;
      }
    } else {
      target.id = given;
      target.isCollection = false;
    }
    return target;
  };

  const idOf = (target) => {
    const { id } = targeted(target);
    return id === null || id === undefined ? null : String(id);
  };

  // --- rows of a query --------------------------------------------------------------------------------------------------

  /** The rows that a query finds, read as fast as they are taken; once. */
  class Results {
    #cursor = null;
    #from;
    #own;
    #text;

    constructor(from, own, text) {
      this.#from = from;
      this.#own = own;
      this.#text = text;
    }

    /** What the host may answer with instead of the rows one by one; null once somebody has begun to read. */
    static untouched(value) {
      return value.#cursor === null ? [value.#from, value.#own, value.#text] : null;
    }

    *[Symbol.iterator]() {
      const mine = door();
      this.#cursor = asked(() => host.search(mine, this.#from, this.#own, this.#text));
      for (;;) {
        const rows = asked(() => host.rows(this.#cursor));
        if (rows.length === 0) {
          return;
        }
        yield* rows;
      }
    }

    async *[Symbol.asyncIterator]() {
      yield* idle() ? await parts.transaction(() => [...this]) : this[Symbol.iterator]();
    }

    async *map(change) {
      for await (const row of this) {
        yield await change(row);
      }
    }

    async *filter(wanted) {
      for await (const row of this) {
        if (await wanted(row)) {
          yield row;
        }
      }
    }
  }

  // --- rows that are changed ----------------------------------------------------------------------------------------------

  const copy = (value) => {
    if (Array.isArray(value)) {
      return value.map(copy);
    }
    if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) {
      return value;
    }
    const made = {};
    for (const key of Object.keys(value)) {
      set(made, key, copy(value[key]));
    }
    return made;
  };

  const same = (a, b) => {
    if (a === b) {
      return true;
    }
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      return false;
    }
    if (a instanceof Date || b instanceof Date) {
      return a instanceof Date && b instanceof Date && a.getTime() === b.getTime();
    }
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
  };

  /** A row on which changes are made that are written when the scope's work is done. */
  class Draft {
    constructor(rows, id) {
      this.rows = rows;
      this.id = id;
      this.before = rows.read(id);
      this.values = this.before === undefined ? {} : copy(this.before);
      this.added = {};
      this.removed = false;
      this.saving = false;
    }

    change(name, value) {
      set(this.values, name, value);
      delete this.added[name];
    }

    add(name, value) {
      this.added[name] = (this.added[name] ?? 0) + value;
      set(this.values, name, (this.values[name] ?? 0) + value);
    }

    forget(name) {
      delete this.values[name];
      this.removed = true;
    }

    write() {
      if (this.before === undefined || this.removed) {
        if (this.before === undefined || !same(this.before, this.values)) {
          this.rows.put(this.id, this.values);
        }
      } else {
        const changed = {};
        for (const name of Object.keys(this.values)) {
          if (name in this.added) {
            changed[name] = { __op__: 'add', value: this.added[name] };
          } else if (!same(this.before[name], this.values[name])) {
            set(changed, name, this.values[name]);
          }
        }
        if (Object.keys(changed).length > 0) {
          this.rows.patch(this.id, changed);
        }
      }
      this.before = this.rows.read(this.id);
      this.values = this.before === undefined ? {} : copy(this.before);
      this.added = {};
      this.removed = false;
    }
  }

  const UPDATABLE = {
    set: (draft) => (name, value) => draft.change(name, value),
    getProperty: (draft) => (name) => draft.values[name],
    addTo: (draft) => (name, value) => draft.add(name, value),
    subtractFrom: (draft) => (name, value) => draft.add(name, -value),
    delete: (draft) => (name) => draft.forget(name),
    save: (draft) => () => draft.write(),
    getId: (draft) => () => draft.id,
    getUpdatedTime: (draft) => () => draft.before?.getUpdatedTime(),
    getExpiresAt: (draft) => () => draft.before?.getExpiresAt(),
    put: (draft) => (record) => {
      draft.values = copy(record);
      draft.removed = true;
    },
    patch: (draft) => (record) => Object.keys(record).forEach((name) => draft.change(name, record[name])),
    update: (draft) => (record) => Object.keys(record ?? {}).forEach((name) => draft.change(name, record[name])),
  };

  /** What update() returns: the row's properties, to be read and changed. */
  const updatable = (draft) =>
    new Proxy(draft.values, {
      get: (unused, name) => {
        if (name in draft.values && Object.hasOwn(draft.values, name)) {
          return draft.values[name];
        }
        return Object.hasOwn(UPDATABLE, name) ? UPDATABLE[name](draft) : undefined;
      },
      set: (unused, name, value) => {
        draft.change(name, value);
        return true;
      },
      deleteProperty: (unused, name) => {
        draft.forget(name);
        return true;
      },
      has: (unused, name) => name in draft.values,
      ownKeys: () => Reflect.ownKeys(draft.values),
      getOwnPropertyDescriptor: (unused, name) => {
        const found = Object.getOwnPropertyDescriptor(draft.values, name);
        return found === undefined ? undefined : { ...found, configurable: true };
      },
    });

  const parts = {
    RecordObject,
    RequestTarget,
    Results,
    Draft,
    refusal,
    asked,
    door,
    later,
    settle,
    rowMaker,
    objectMaker,
    list: (...values) => values,
    date: (milliseconds) => new Date(milliseconds),
    big: (text) => BigInt(text),
    bytes: (buffer) => new Uint8Array(buffer),
    targeted,
    idOf,
    updatable,
    turn,
    translated,
    idle,
    works,
  };
  return parts;
}

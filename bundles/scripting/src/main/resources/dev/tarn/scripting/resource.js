// SPDX-License-Identifier: Apache-2.0
// Resource, the classes of tables, and how a request reaches a class. Evaluated once in each isolate.
(host, parts) => {
  'use strict';

  const { RequestTarget, RecordObject, Results, Draft, refusal, translated, asked, door, targeted, idOf, updatable, turn } = parts;

  // Members of the host are looked up each time; these are called by every request.
  const { get: getRow, put: putRow, patch: patchRow } = host;

  const TABLES = new WeakMap();
  const DRAFT = Symbol('draft');
  const SCOPE = Symbol('scope');
  const ACTIONS = {
    GET: ['get', 'allowRead'],
    FIND: ['get', 'search', 'allowRead'],
    PUT: ['put', 'allowUpdate', 'allowCreate'],
    PATCH: ['patch', 'allowUpdate'],
    DELETE: ['delete', 'allowDelete'],
    POST: ['post', 'allowCreate'],
    PUBLISH: ['publish'],
    SUBSCRIBE: ['subscribe', 'allowRead'],
    CONNECT: ['connect'],
  };
  const RIGHT = { get: 'allowRead', search: 'allowRead', put: 'allowUpdate', patch: 'allowUpdate', delete: 'allowDelete', post: 'allowCreate', subscribe: 'allowRead', connect: 'allowRead' };

  const thenable = (value) => typeof value === 'object' && value !== null && typeof value.then === 'function';

  /** Whether methods get the target first and rows are frozen, as Harper's version 2 of the API has it. */
  const modern = (cls) => cls.loadAsInstance === false || (cls.loadAsInstance === undefined && (host.modern || TABLES.get(cls) !== undefined));

  /** What was found out about classes: the table that each extends, and the right that each asks for each method. */
  const FACTS = new WeakMap();

  const factsOf = (cls) => FACTS.get(cls) ?? learned(cls);

  const learned = (cls) => {
    const facts = { table: extended(cls), rights: {} };
    FACTS.set(cls, facts);
    return facts;
  };

  const extended = (cls) => {
    for (let next = cls; typeof next === 'function'; next = Object.getPrototypeOf(next)) {
      if (TABLES.has(next)) {
        return TABLES.get(next);
      }
    }
    return null;
  };

  /** The table that a class extends, or null. */
  const tableOf = (cls) => (typeof cls === 'function' ? factsOf(cls).table : null);

  /** Whether a table is the one that is served here. */
  const owned = (cls, table) => {
    const { scope } = turn;
    return scope !== null && scope.cls !== null && (cls === scope.cls || cls.prototype instanceof scope.cls) && tableOf(cls) === table;
  };

  /** A table as a class sees it: within what is served there as the caller does, else as the application. */
  class Rows {
    constructor(cls, table) {
      this.table = table.name;
      this.own = owned(cls, table);
    }

    read(id) {
      return id === null ? undefined : asked(() => getRow(door(), this.table, this.own, String(id))) ?? undefined;
    }

    put(id, data) {
      asked(() => putRow(door(), this.table, this.own, String(id), data));
    }

    patch(id, data) {
      asked(() => patchRow(door(), this.table, this.own, String(id), data));
    }

    remove(id) {
      return asked(() => host.remove(door(), this.table, this.own, String(id)));
    }

    create(data) {
      return asked(() => host.create(door(), this.table, this.own, data));
    }

    publish(id, data) {
      asked(() => host.publish(door(), this.table, this.own, id === null ? null : String(id), data));
    }
  }

  /** What is to be stored of a value: rows that are being changed stand for their values. */
  const stored = (data) => (data instanceof Resource ? data.toJSON() : data);

  const needed = (id, verb) => {
    if (id === null) {
      throw refusal(400, verb + ' needs an id');
    }
    return id;
  };

  /** Notes a row that is changed, so that it is written at the end of what is served. */
  const tracked = (draft) => {
    draft.saving = true;
    (turn.scope.drafts ??= new Set()).add(draft);
    return draft;
  };

  /** Calls the method of an instance, with the arguments in the order that its class wants. */
  const act = (cls, method, target, data, context) => {
    const newer = cls.loadAsInstance === false || modern(cls);
    const instance = new cls(newer ? undefined : idOf(target), context);
    if (typeof instance[method] !== 'function') {
      throw refusal(405, cls.name + ' has no ' + method);
    }
    return newer ? instance[method](target, data) : older(cls, instance, method, target, data);
  };

  const older = (cls, instance, method, target, data) => {
    switch (method) {
      case 'put':
      case 'patch':
      case 'post':
      case 'publish':
        if (tableOf(cls) !== null && method !== 'publish') {
          instance.update();
        }
        return instance[method](data, target);
      case 'connect':
        return instance[method](data, target);
      default:
        return instance[method](target);
    }
  };

  const promised = (action) => {
    try {
      const result = action();
      return result instanceof Results ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const { idle } = parts;

  /** Runs within what is served, or as a transaction of its own. */
  const within = (action) => (idle() ? transaction(action) : promised(action));

  const isContext = (value) => value instanceof Resource || (typeof value === 'object' && value !== null && value[SCOPE] !== undefined);

  class Resource {
    static loadAsInstance = undefined;
    #id;
    #context;

    constructor(id, context) {
      this.#id = id;
      this.#context = context;
    }

    static get(target, context) {
      const wanted = targeted(target);
      const bound = context instanceof Resource && !modern(context.constructor) && !wanted.isCollection;
      if (bound && TABLES.has(this)) {
        return within(() => bind(this, wanted, context));
      }
      return wanted.isCollection && turn.scope !== null && !turn.scope.over
        ? act(this, 'get', wanted, undefined, context)
        : within(() => act(this, 'get', wanted, undefined, context));
    }

    static search(target, context) {
      const wanted = targeted(target);
      wanted.isCollection = true;
      return idle() ? new Results(tableOf(this).name, false, RequestTarget.text(wanted)) : act(this, 'search', wanted, undefined, context);
    }

    static put(target, data, context) {
      if (data === undefined || isContext(data)) {
        const table = tableOf(this);
        const id = table === null ? target.id : target[table.primaryKey];
        return within(() => act(this, 'put', targeted(id), target, data));
      }
      return within(() => act(this, 'put', targeted(target), data, context));
    }

    static patch(target, data, context) {
      return within(() => act(this, 'patch', targeted(target), data, context));
    }

    static post(target, data, context) {
      return within(() => act(this, 'post', targeted(target), data, context));
    }

    static delete(target, context) {
      return within(() => act(this, 'delete', targeted(target), undefined, context));
    }

    static publish(target, message, context) {
      return within(() => act(this, 'publish', targeted(target), message, context));
    }

    static create(target, record, context) {
      const data = record === undefined || isContext(record) ? target : record;
      return within(() => act(this, 'create', targeted(undefined), data, context));
    }

    static update(target, updates, context) {
      return within(() => act(this, 'update', targeted(target), updates, context));
    }

    static invalidate(target, context) {
      return within(() => act(this, 'invalidate', targeted(target), undefined, context));
    }

    static subscribe(request, context) {
      return within(() => act(this, 'subscribe', targeted(request), undefined, context));
    }

    static connect(target, incoming, context) {
      return within(() => act(this, 'connect', targeted(target), incoming, context));
    }

    static sourcedFrom() {
      throw new Error('only tables have a source');
    }

    static isCollection(resource) {
      return resource?.isCollection === true;
    }

    getId() {
      return this.#id === null ? undefined : this.#id;
    }

    getContext() {
      const scope = turn.scope;
      return scope === null ? (this.#context ?? {}) : scope.context;
    }

    connect(target, incoming) {
      return new parts.Events();
    }

    subscribe(request) {
      return new parts.Events();
    }

    operation() {
      throw new Error('operations are not offered to applications');
    }

    toJSON() {
      return { ...this };
    }
  }

  const bind = (cls, target, context) => {
    const instance = new cls(idOf(target), context);
    const draft = draftOf(instance);
    if (draft.before === undefined) {
      return undefined;
    }
    if (turn.scope.writes) {
      tracked(draft);
    }
    return instance;
  };

  /** The row that an instance of the older style is bound to. */
  const draftOf = (instance) => {
    if (instance[DRAFT] === undefined) {
      const table = tableOf(instance.constructor);
      Object.defineProperty(instance, DRAFT, {
        value: new Draft(new Rows(instance.constructor, table), needed(instance.getId() ?? null, 'a row')),
      });
    }
    return instance[DRAFT];
  };

  // Functions rather than private methods, which would be put into each instance.

  /** The id that is meant: that of an instance of the older style, else that of the target. */
  const bound = (instance, target) => {
    const own = modern(instance.constructor) ? undefined : instance.getId();
    return own === undefined ? (target === undefined ? null : idOf(target)) : String(own);
  };

  /** Target and data: the older style has them the other way around. */
  const ordered = (instance, first, second) => (modern(instance.constructor) ? [first, second] : [second, first]);

  const recordOf = (instance, table, target, data) => {
    const id = bound(instance, target);
    const record = stored(data);
    return id === null || record === null || typeof record !== 'object' ? record : { ...record, [table.primaryKey]: id };
  };

  const tableClass = (table) => {
    const Table = {
      [table.label]: class extends Resource {
        static get primaryKey() {
          return table.primaryKey;
        }

        static get tableName() {
          return table.label;
        }

        static get databaseName() {
          return table.database;
        }

        static get attributes() {
          return table.attributes.map((name) => ({ name, isPrimaryKey: name === table.primaryKey }));
        }

        static sourcedFrom(source, options) {
          host.source(table.name, source, options?.expiration ?? null, (path) => fromSource(source, path));
          sources.push({ Table: this, source });
        }

        static setComputedAttribute() {
          throw new Error('computed attributes are expressions in the schema, @computed(from: "…"), not functions');
        }

        static operation() {
          throw new Error('operations are not offered to applications');
        }

        static getRecordCount() {
          throw new Error('getRecordCount is not there; GET of the table describes it');
        }

        get(target) {
          if (!modern(this.constructor)) {
            if (this.getId() !== undefined) {
              return draftOf(this).before === undefined ? undefined : this;
            }
          }
          const wanted = targeted(target);
          if (wanted.isCollection) {
            return this.search(wanted);
          }
          return selected(new Rows(this.constructor, table).read(idOf(wanted)), wanted.select);
        }

        search(target) {
          return new Results(table.name, new Rows(this.constructor, table).own, RequestTarget.text(targeted(target)));
        }

        put(first, second) {
          const cls = this.constructor;
          const newer = cls.loadAsInstance === false || modern(cls);
          const target = newer ? first : second;
          const given = newer ? second : first;
          const data = given instanceof Resource ? given.toJSON() : given;
          const named = newer && target instanceof RequestTarget ? target.id : bound(this, target);
          const id = named ?? data?.[table.primaryKey] ?? null;
          const draft = this[DRAFT];
          if (draft !== undefined) {
            draft.saving = false;
          }
          if (id === null) {
            needed(id, 'put');
          }
          const own = owned(cls, table);
          const through = door();
          try {
            putRow(through, table.name, own, String(id), data);
          } catch (error) {
            throw translated(error);
          }
        }

        patch(first, second) {
          const [target, data] = ordered(this, first, second);
          new Rows(this.constructor, table).patch(needed(bound(this, target), 'patch'), stored(data));
        }

        post(first, second) {
          const [target, data] = ordered(this, first, second);
          if (this[DRAFT] !== undefined) {
            this[DRAFT].saving = false;
          }
          return new Rows(this.constructor, table).create(recordOf(this, table, target, data));
        }

        create(first, second) {
          const [, data] = modern(this.constructor) && second === undefined ? [null, first] : ordered(this, first, second);
          const rows = new Rows(this.constructor, table);
          return rows.read(rows.create(stored(data)));
        }

        update(first, second) {
          if (!modern(this.constructor)) {
            if (this.getId() !== undefined) {
              const draft = tracked(draftOf(this));
              if (typeof first === 'object' && first !== null) {
                Object.keys(first).forEach((name) => draft.change(name, first[name]));
              }
            }
            return this;
          }
          const draft = tracked(new Draft(new Rows(this.constructor, table), needed(idOf(first), 'update')));
          Object.keys(second ?? {}).forEach((name) => draft.change(name, second[name]));
          return updatable(draft);
        }

        delete(target) {
          return new Rows(this.constructor, table).remove(needed(bound(this, target), 'delete'));
        }

        publish(first, second) {
          const [target, message] = ordered(this, first, second);
          new Rows(this.constructor, table).publish(bound(this, target), message);
        }

        invalidate(target) {
          new Rows(this.constructor, table).remove(needed(bound(this, target), 'invalidate'));
        }

        subscribe(request) {
          return parts.subscription(table, new Rows(this.constructor, table).own, targeted(request), this.getId());
        }

        connect(target, incoming) {
          const wanted = targeted(modern(this.constructor) ? target : incoming);
          return parts.subscription(table, new Rows(this.constructor, table).own, wanted, this.getId());
        }

        ensureLoaded() {
          return Promise.resolve(draftOf(this).before !== undefined);
        }

        wasLoadedFromSource() {
          return undefined;
        }

        getUpdatedTime() {
          return draftOf(this).before?.getUpdatedTime();
        }

        getExpiresAt() {
          return draftOf(this).before?.getExpiresAt();
        }

        getProperty(name) {
          return draftOf(this).values[name];
        }

        set(name, value) {
          tracked(draftOf(this)).change(name, value);
        }

        addTo(name, value) {
          tracked(draftOf(this)).add(name, value);
        }

        subtractFrom(name, value) {
          tracked(draftOf(this)).add(name, -value);
        }

        save() {
          draftOf(this).write();
        }

        toJSON() {
          return { ...(this.getId() === undefined ? {} : draftOf(this).values), ...this };
        }
      },
    }[table.label];
    for (const name of table.attributes) {
      if (!(name in Table.prototype)) {
        Object.defineProperty(Table.prototype, name, {
          configurable: true,
          get() {
            return this[DRAFT] !== undefined || this.getId() !== undefined ? draftOf(this).values[name] : undefined;
          },
          set(value) {
            draftOf(this).change(name, value);
          },
        });
      }
    }
    TABLES.set(Table, table);
    return Table;
  };

  /** A part of a row. */
  const selected = (record, select) => {
    if (record === undefined || select === undefined || select === null) {
      return record;
    }
    if (typeof select === 'string') {
      return record[select];
    }
    const part = {};
    for (const name of select) {
      part[name.name ?? name] = record[name.name ?? name];
    }
    return part;
  };

  const classes = new Map();

  /** Tables that come from elsewhere. */
  const sources = [];

  const named = (database, name) => {
    const key = database + '.' + name;
    if (!classes.has(key)) {
      const table = host.table(database, name);
      if (table === null) {
        return undefined;
      }
      classes.set(key, tableClass({ ...table, name: key, label: name, database }));
    }
    return classes.get(key);
  };

  const databaseOf = (database) =>
    new Proxy(
      {},
      {
        get: (unused, name) => (typeof name === 'string' ? named(database, name) : undefined),
        has: (unused, name) => typeof name === 'string' && named(database, name) !== undefined,
        ownKeys: () => host.names(database),
        getOwnPropertyDescriptor: (unused, name) => ({ value: named(database, name), enumerable: true, configurable: true }),
      },
    );

  const tables = databaseOf('data');
  const others = new Map([['data', tables]]);
  const databases = new Proxy(
    {},
    {
      get: (unused, name) => {
        if (typeof name !== 'string') {
          return undefined;
        }
        if (!others.has(name)) {
          others.set(name, databaseOf(name));
        }
        return others.get(name);
      },
      ownKeys: () => host.databases(),
      getOwnPropertyDescriptor: (unused, name) => ({ value: databases[name], enumerable: true, configurable: true }),
    },
  );

  const written = (scope) => {
    if (scope.drafts !== null) {
      for (const draft of scope.drafts) {
        if (draft.saving) {
          draft.write();
        }
      }
      scope.drafts = null;
    }
  };

  /** transaction(action), transaction(context, action): within what is served, or one of its own. */
  const transaction = (first, second) => {
    const action = second ?? first;
    if (!idle()) {
      return promised(() => action(turn.scope.context));
    }
    return parts.later((number) => {
      parts.works.set(number, { action, value: undefined });
      host.transact(number);
    });
  };

  parts.transaction = transaction;

  const fromSource = (source, id) => act(source, 'get', targeted(id), undefined, undefined);

  /** The method that a class defines itself, on itself or on its instances. */
  const overrides = (cls, method) => {
    for (let next = cls; next !== Resource && !TABLES.has(next) && typeof next === 'function'; next = Object.getPrototypeOf(next)) {
      if (Object.hasOwn(next, method) || (next.prototype && Object.hasOwn(next.prototype, method))) {
        return true;
      }
    }
    return false;
  };

  const RIGHTS = ['allowRead', 'allowUpdate', 'allowCreate', 'allowDelete'];

  /** A class over a sourced table that puts and deletes where its rows come from before it does so here. */
  const through = (Table, source) => {
    const cls = { [Table.tableName]: class extends Table {} }[Table.tableName];
    cls.loadAsInstance = false;
    for (const verb of ['put', 'delete']) {
      if (overrides(source, verb)) {
        cls.prototype[verb] = async function (target, data) {
          await act(source, verb, targeted(target), data);
          return Table.prototype[verb].call(this, target, data);
        };
      }
    }
    return cls;
  };

  /** What a source tells of by itself. */
  const told = (source) => (overrides(source, 'subscribe') ? act(source, 'subscribe', targeted(undefined)) : null);

  /** Whether a class has a right of its own, also as a field, which only its instances show. */
  const guards = (cls, right) => {
    if (overrides(cls, right)) {
      return true;
    }
    for (let next = cls; next !== Resource && !TABLES.has(next) && typeof next === 'function'; next = Object.getPrototypeOf(next)) {
      if (new RegExp('(^|[^\\w$.])[\'"]?' + right + '[\'"]?\\]?\\s*=').test(Function.prototype.toString.call(next))) {
        return true;
      }
    }
    return false;
  };

  /** The right that a class has of its own for a method, or null; its text is looked through once. */
  const guardOf = (cls, method) => {
    const { rights } = factsOf(cls);
    let right = rights[method];
    if (right === undefined) {
      right = RIGHT[method] ?? null;
      if (method === 'put' && !guards(cls, right)) {
        right = 'allowCreate';
      }
      if (right !== null && !guards(cls, right)) {
        right = null;
      }
      rights[method] = right;
    }
    return right;
  };

  const actions = (cls) =>
    Object.keys(ACTIONS).filter((action) =>
      ACTIONS[action].some((method) => (RIGHTS.includes(method) ? guards(cls, method) : overrides(cls, method))),
    );

  /** Asks allowRead and its like, where there are any: they can refuse, and nothing else. What is not true is a refusal. */
  const judged = (cls, right, method, target, data, context) => {
    const instance = new cls(modern(cls) ? undefined : idOf(target), context);
    const asked = Object.hasOwn(cls, right) ? cls : instance;
    const mine = door();
    // Who decides may look at everything, until he has decided.
    host.judge(mine, true);
    const over = () => host.judge(mine, false);
    let answer;
    try {
      answer = method === 'get' || method === 'delete' || method === 'connect' ? asked[right](context.user, target) : asked[right](context.user, data, target);
    } catch (error) {
      over();
      throw error;
    }
    // What looks like a promise is only as good as one that has settled.
    if (answer !== true && thenable(answer)) {
      return Promise.resolve(answer).finally(over).then((yes) => yes === true || denied());
    }
    over();
    return answer === true || denied();
  };

  const denied = () => {
    throw refusal(403, 'not allowed');
  };

  const METHODS = { GET: 'get', FIND: 'get', PUT: 'put', PATCH: 'patch', DELETE: 'delete', POST: 'post', PUBLISH: 'publish', SUBSCRIBE: 'subscribe', CONNECT: 'connect' };

  const TWO = new Set(['get', 'delete', 'subscribe']);

  /** What a request leads to. */
  const dispatch = (cls, action, target, data) => {
    const method = METHODS[action];
    const { context } = turn.scope;
    const right = guardOf(cls, method);
    const may = right === null || judged(cls, right, method, target, data, context);
    return may === true ? led(cls, method, target, data, context) : may.then(() => led(cls, method, target, data, context));
  };

  const led = (cls, method, target, data, context) =>
    cls[method] !== Resource[method]
      ? TWO.has(method) ? cls[method](target, context) : cls[method](target, data, context)
      : act(cls, method, target, data, context);

  return { Resource, sources, through, told, tables, databases, transaction, actions, dispatch, written, thenable, tableOf, RecordObject };
}

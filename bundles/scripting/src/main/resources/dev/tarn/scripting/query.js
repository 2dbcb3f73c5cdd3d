// SPDX-License-Identifier: Apache-2.0
// Harper's query objects as text of the query language, and back where a request's query is plain enough.
() => {
  'use strict';

  const COMPARATORS = {
    equals: 'eq',
    eq: 'eq',
    not_equal: 'ne',
    ne: 'ne',
    greater_than: 'gt',
    gt: 'gt',
    greater_than_equal: 'ge',
    ge: 'ge',
    less_than: 'lt',
    lt: 'lt',
    less_than_equal: 'le',
    le: 'le',
    starts_with: 'sw',
    sw: 'sw',
    ends_with: 'ew',
    ew: 'ew',
    contains: 'ct',
    ct: 'ct',
  };

  const NAMES = {
    eq: 'equals',
    ne: 'not_equal',
    gt: 'greater_than',
    ge: 'greater_than_equal',
    lt: 'less_than',
    le: 'less_than_equal',
    sw: 'starts_with',
    ew: 'ends_with',
    ct: 'contains',
  };

  const wrong = (text) => {
    const error = new TypeError(text);
    error.statusCode = 400;
    return error;
  };

  const escape = (text) =>
    encodeURIComponent(String(text)).replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());

  const literal = (value) => {
    if (value === null || value === undefined) {
      return 'null';
    }
    switch (typeof value) {
      case 'number':
      case 'bigint':
        return 'number:' + value;
      case 'boolean':
        return 'boolean:' + value;
      case 'string':
        return 'string:' + escape(value);
      default:
        if (value instanceof Date) {
          return 'date:' + escape(value.toISOString());
        }
        throw wrong('a value in a condition is text, a number, a boolean, a date or null');
    }
  };

  const attribute = (name) => {
    if (name === null || name === undefined) {
      throw wrong('a condition needs an attribute');
    }
    return (Array.isArray(name) ? name : [name]).map(escape).join('.');
  };

  const one = (condition) => {
    if (condition.conditions) {
      return group(condition.conditions, condition.operator, true);
    }
    const name = attribute(condition.attribute ?? condition[0]);
    const value = condition.value ?? condition[1];
    const comparator = condition.comparator ?? condition[2] ?? 'equals';
    if (comparator === 'between') {
      return '[' + name + '=ge=' + literal(value[0]) + '&' + name + '=le=' + literal(value[1]) + ']';
    }
    if (comparator === 'in') {
      return '[' + value.map((item) => name + '=eq=' + literal(item)).join('|') + ']';
    }
    const short = COMPARATORS[comparator];
    if (!short) {
      throw wrong("the comparator '" + comparator + "' is not known");
    }
    if (short === 'sw' || short === 'ew' || short === 'ct') {
      return name + '=' + short + '=' + escape(value);
    }
    return name + '=' + short + '=' + literal(value);
  };

  const group = (conditions, operator, brackets) => {
    const parts = [...conditions].map(one);
    const text = parts.join(String(operator ?? 'and').toLowerCase() === 'or' ? '|' : '&');
    return brackets && parts.length > 1 ? '[' + text + ']' : text;
  };

  const selected = (select) =>
    select
      .map((item) =>
        typeof item === 'string' ? escape(item) : escape(item.name) + '{' + selected([].concat(item.select)) + '}',
      )
      .join(',');

  const sorted = (sort) => {
    const parts = [];
    for (let next = sort; next; next = next.next) {
      parts.push((next.descending ? '-' : '') + attribute(next.attribute));
    }
    return parts.join(',');
  };

  /** The text of a query object. */
  const text = (query) => {
    const parts = [];
    if (query.conditions && query.conditions.length > 0) {
      parts.push(group(query.conditions, query.operator, true));
    }
    const select = query.select;
    if (typeof select === 'string') {
      parts.push('select(' + escape(select) + ')');
    } else if (Array.isArray(select) && select.asArray) {
      parts.push('select([' + selected(select) + '])');
    } else if (Array.isArray(select)) {
      parts.push('select(' + selected(select) + (select.length === 1 ? ',' : '') + ')');
    }
    if (query.sort) {
      parts.push('sort(' + sorted(query.sort) + ')');
    }
    const offset = query.offset ?? 0;
    if (query.limit !== undefined && query.limit !== null) {
      parts.push('limit(' + offset + ',' + (offset + query.limit) + ')');
    } else if (offset > 0) {
      parts.push('limit(' + offset + ',' + Number.MAX_SAFE_INTEGER + ')');
    }
    return parts.join('&');
  };

  const typed = (value) => {
    const colon = value.match(/^(number|boolean|date|string):([^]*)$/);
    if (colon) {
      const [, type, rest] = colon;
      return type === 'number' ? Number(rest) : type === 'boolean' ? rest === 'true' : type === 'date' ? new Date(rest) : rest;
    }
    return value === 'null' ? null : value;
  };

  /** The conditions of a request's query whose parts are joined by ampersands; groups stay in the text only. */
  const conditions = (query) => {
    const found = [];
    for (const part of query.split('&')) {
      const long = part.match(/^([^=!<>()[\]|]+)=(eq|ne|gt|ge|lt|le|sw|ew|ct)=([^=]*)$/);
      const short = part.match(/^([^=!<>()[\]|]+?)(==|!=|=)([^=]*)$/);
      if (long) {
        found.push({
          attribute: decodeURIComponent(long[1]),
          comparator: NAMES[long[2]],
          value: typed(decodeURIComponent(long[3])),
        });
      } else if (short) {
        found.push({
          attribute: decodeURIComponent(short[1]),
          comparator: short[2] === '!=' ? 'not_equal' : 'equals',
          value: typed(decodeURIComponent(short[3])),
        });
      }
    }
    return found;
  };

  return { text, conditions };
}

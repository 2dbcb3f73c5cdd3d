// A chat: what is said in a room is kept as a row, and everybody in the room hears of rows, whatever he speaks.
import { tables } from 'harperdb';

/** What a client sends: an object with said and perhaps who, or just words, which @payload puts into said over MQTT. */
const words = (message, somebody) => {
  const { who, said } = typeof message === 'object' && message !== null ? message : { said: message };
  const text = String(said ?? '').trim();
  return text === '' ? null : { who: String(who ?? somebody), said: text, at: Date.now() };
};

const keep = (room, message) => {
  const id = `${room}/${message.at}-${crypto.randomUUID().slice(0, 8)}`;
  return tables.Message.put(id, { id, ...message });
};

const nameOf = (user) => user?.username ?? 'somebody';

export class chat extends tables.Message {
  static loadAsInstance = false;

  /** MQTT: a message to chat/<room>. */
  async publish(target, message) {
    const spoken = words(message, nameOf(this.getContext().user));
    if (spoken !== null) {
      await keep(target.id, spoken);
    }
  }

  /** WebSocket and SSE at /chat/<room>: what was said until now, then what is said. */
  async *connect(target, incoming) {
    const room = target.id;
    const somebody = nameOf(this.getContext().user);
    incoming?.on('data', (message) => {
      const spoken = words(message, somebody);
      if (spoken !== null) {
        keep(room, spoken).catch((error) => logger.warn(`not kept: ${error.message}`));
      }
    });
    for await (const { type, value } of await super.subscribe({ id: room, includeDescendants: true })) {
      if (type === 'put') {
        yield value;
      }
    }
  }
}

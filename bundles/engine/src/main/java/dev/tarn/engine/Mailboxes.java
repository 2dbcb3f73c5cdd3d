// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Subscriber;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** Opens mailboxes and keeps one queue per event loop while the loop has any. Safe on any thread. */
final class Mailboxes implements AutoCloseable {

    private final Commons commons;
    private final Map<Executor, LoopQueue> queues = new ConcurrentHashMap<>();

    Mailboxes(Commons commons) {
        this.commons = commons;
    }

    Mailbox open(CallContext context, Executor loop, Subscriber subscriber) {
        LoopQueue queue = queues.compute(loop, (same, used) -> {
            LoopQueue one = used == null ? new LoopQueue(loop, commons.horizon(), commons.settings()) : used;
            one.used(1);
            return one;
        });
        return new QueuedMailbox(commons, queue, context, subscriber, () -> closed(loop));
    }

    private void closed(Executor loop) {
        queues.computeIfPresent(loop, (same, queue) -> queue.used(-1) == 0 ? null : queue);
    }

    /** Ends all of them with UNAVAILABLE, each on its loop. */
    @Override
    public void close() {
        Failure stopping = new Failure(Failure.Code.UNAVAILABLE, "the server is stopping");
        for (LoopQueue queue : queues.values()) {
            queue.pass(() -> queue.mailboxes().forEach(mailbox -> mailbox.end(stopping)));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a connection's subscriptions listen to: its mailbox, a shared group, or the server's own figures; and what the
 * engine and the groups know of them beyond the connection. For the connection's loop.
 */
final class Listening {

    private static final CompletableFuture<@Nullable Void> NOTHING = CompletableFuture.completedFuture(null);

    private final Line line;
    private final Session session;
    private final Context context;
    private final Mailbox mailbox;
    private final Delivering delivering;
    private final Broker broker;
    private final Resources resources;
    private final SharedGroups shared;
    private final SystemWatch system;

    /** Completes when the groups that were joined since the last answer have begun to listen. */
    private CompletableFuture<@Nullable Void> joined = NOTHING;

    Listening(Line line, Session session, Context context, Mailbox mailbox, Delivering delivering, Broker broker) {
        this.line = line;
        this.session = session;
        this.context = context;
        this.mailbox = mailbox;
        this.delivering = delivering;
        this.broker = broker;
        this.resources = broker.resources();
        this.shared = broker.sessions().shared();
        this.system = new SystemWatch(broker.watching().topics(), line.channel().eventLoop(), delivering::told);
    }

    /** Completes when an application that has a say in it lets the client subscribe; with a failure where it does not. */
    CompletableFuture<Void> admitted(Packet.Wish wish) {
        return SystemTopics.covers(wish)
                ? CompletableFuture.completedFuture(null)
                : resources.admit(context, wish.filter()).toCompletableFuture();
    }

    /** What the server says about itself is not shared out, and not for everyone. */
    boolean mayWatch(Packet.Wish wish) {
        User user = session.user();
        return wish.group() == null
                && user != null
                && broker.watching().topics().mayRead(user);
    }

    /** Begins what is not shared, or begins it anew. [MQTT-3.8.4-3], [MQTT-3.8.4-4] */
    void begin(Held held, Start start) {
        Subscription live = held.live();
        if (live != null) {
            live.renew(start, held.interest(), held);
        } else if (SystemTopics.covers(held.wish())) {
            held.live(system.subscribe(held, start));
        } else {
            held.live(mailbox.subscribe(held.wish().filter(), start, held.interest(), held));
        }
    }

    /** Begins a new shared subscription; adds what has to be stored of the group. */
    void share(Held held, List<Draft> drafts) {
        check(held);
        join(held, shared.enter(held.wish(), session.durable(), drafts));
    }

    /** Joins a group that has the session's subscription already; false where there is none. */
    boolean shareAgain(Held held) {
        SharedGroup group = held.wish().group() == null ? null : shared.find(held.wish());
        if (group == null) {
            return false;
        }
        check(held);
        join(held, group);
        return true;
    }

    /** Throws the failure of a client that may not subscribe to the filter. */
    private void check(Held held) {
        mailbox.subscribe(held.wish().filter(), Start.LIVE, Interest.atMost(0), null)
                .cancel();
    }

    private void join(Held held, SharedGroup group) {
        EventLoop loop = line.channel().eventLoop();
        SharedMember member = new SharedMember(
                group,
                held,
                loop,
                delivering::told,
                shared.allowed(context, held.wish().filter()));
        held.live(member);
        CompletableFuture<@Nullable Void> open = group.join(member, loop);
        joined = joined == NOTHING ? open : CompletableFuture.allOf(joined, open);
    }

    /** Completes, on any thread, when the groups that were joined since the last call have begun to listen. */
    CompletableFuture<@Nullable Void> joined() {
        CompletableFuture<@Nullable Void> open = joined;
        joined = NOTHING;
        return open;
    }

    /** Ends a subscription that the session no longer has; adds what has to go from the store. */
    void end(Held held, List<Draft> drafts) {
        broker.statistics().subscription(held, -1);
        Subscription live = held.live();
        if (live != null) {
            live.cancel();
        }
        if (held.wish().group() != null) {
            shared.leave(held.wish(), session.durable(), drafts);
        } else {
            uncover(held);
        }
        if (session.durable()) {
            drafts.add(broker.tables().delete(session, held));
        }
    }

    /** The session is owed nothing more by this subscription, unless by another with its filter. */
    void uncover(Held held) {
        DurableSession owed = session.owed();
        if (owed == null) {
            return;
        }
        for (Held other : session.subscriptions().values()) {
            if (other != held && other.wish().filter().equals(held.wish().filter())) {
                return;
            }
        }
        owed.uncover(held.wish().filter());
    }

    /** Ends what the mailbox does not end with itself. */
    void close() {
        system.close();
    }
}

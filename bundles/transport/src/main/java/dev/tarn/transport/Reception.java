// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the requests of one connection: finds who asks, remembers him for the next one, and hands each to the protocol
 * that answers it. Confined to the connection's loop.
 */
final class Reception {
    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final Duration ABSENCE = Duration.ofSeconds(1);
    private static final long LOOK_AGAIN_MILLIS = 20;

    /** Asks for what is answered whoever asks. */
    private static final User NOBODY = new User("nobody", Set.of(), false);

    private final HttpFraming http;
    private final Connection connection;
    private final Channel channel;
    private @Nullable Caller caller;
    private boolean complained;

    /** @param channel the connection's, whose counters become those of the protocol it speaks */
    Reception(HttpFraming http, Connection connection, Channel channel) {
        this.http = http;
        this.connection = connection;
        this.channel = channel;
    }

    /** Says once why something was refused, and counts each. */
    void complain(String reason) {
        http.traffic().refused.increment();
        if (!complained) {
            complained = true;
            LOG.debug(
                    "request refused connection={} remote={} reason=\"{}\"",
                    connection.id(),
                    connection.remote(),
                    reason);
        }
    }

    /** Takes a request whose head is there. */
    void receive(Exchange begun) {
        http.traffic().in.increment();
        try {
            if (begun.admit()) {
                identify(begun);
            }
        } catch (Failure refused) {
            complain(refused.reason());
            begun.fail(refused);
        }
    }

    private void identify(Exchange asking) {
        Roster.Installed candidate = candidate(asking.head());
        if (candidate != null && anonymous(candidate.protocol(), asking.head())) {
            dispatch(asking, new Caller(new byte[0], NOBODY, 0, new HashMap<>(2)), candidate);
            return;
        }
        List<String> headers = asking.head().headers().getAll(HttpHeaderNames.AUTHORIZATION);
        if (headers.size() > 1) {
            throw new Failure(Failure.Code.MALFORMED, "more than one Authorization header");
        }
        String header = headers.isEmpty() ? "" : headers.get(0);
        Credentials.Cookie cookie = header.isEmpty()
                ? SessionCookie.of(asking.head(), connection.tls() != null).orElse(null)
                : null;
        if (cookie != null) {
            SessionCookie.check(asking.head(), cookie);
        }
        byte[] bytes = (cookie == null ? header : "Cookie " + cookie.secret()).getBytes(StandardCharsets.UTF_8);
        long epoch = http.users().epoch();
        if (caller != null && caller.is(bytes, epoch)) {
            dispatch(asking, caller, candidate);
            return;
        }
        CompletableFuture<User> found = http.users()
                .authenticate(cookie == null ? shown(header) : cookie, connection.remote())
                .toCompletableFuture();
        found.whenComplete((user, failure) -> onLoop(() -> identified(asking, bytes, epoch, user, failure)));
    }

    /** Whoever says nothing is whom his certificate names, if he has shown one. */
    private Credentials shown(String header) {
        return header.isEmpty()
                ? connection
                        .certificate()
                        .<Credentials>map(Credentials.Certificate::new)
                        .orElseGet(Credentials.Nothing::new)
                : Authorization.credentials(header);
    }

    private void identified(
            Exchange asking, byte[] header, long epoch, @Nullable User user, @Nullable Throwable failure) {
        if (asking.over()) {
            return;
        }
        if (failure != null || user == null) {
            Throwable why = failure == null ? new IllegalStateException("no user and no failure") : failure;
            complain("not authenticated");
            asking.fail(why);
            return;
        }
        Caller known = new Caller(header, user, epoch, caller == null ? new HashMap<>(2) : caller.contexts(user));
        caller = known;
        dispatch(asking, known, candidate(asking.head()));
    }

    private void dispatch(Exchange asking, Caller who, Roster.@Nullable Installed candidate) {
        dispatch(asking, who, candidate, System.nanoTime() + ABSENCE.toNanos());
    }

    /** Looks again until then when nobody takes it: its protocol may be away while it is updated. */
    private void dispatch(Exchange asking, Caller who, Roster.@Nullable Installed candidate, long until) {
        if (candidate != null) {
            candidate.traffic().in.increment();
            candidate.traffic().attach(channel);
            asking.given(
                    candidate,
                    who.context(http.resources(), candidate.protocol().name(), connection));
            open(candidate.protocol(), asking);
        } else if (!http.protocols().expecting()) {
            // RFC 9110 §15.5.5: whoever could answer is here, and none of them knows the path.
            asking.fail(new Failure(Failure.Code.NOT_FOUND, "nothing here answers such requests"));
        } else if (until - System.nanoTime() < 0) {
            asking.fail(new Failure(
                    Failure.Code.UNAVAILABLE, "no protocol that answers such requests is installed at the moment"));
        } else {
            Runnable again = () -> {
                if (!asking.over()) {
                    dispatch(asking, who, candidate(asking.head()), until);
                }
            };
            channel.eventLoop().schedule(again, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** The highest ranked protocol that accepts the request, or null. */
    private Roster.@Nullable Installed candidate(HttpRequest head) {
        for (Roster.Installed candidate : http.protocols().all()) {
            if (accepts(candidate.protocol(), head)) {
                return candidate;
            }
        }
        return null;
    }

    private static boolean anonymous(HttpProtocol protocol, HttpRequest head) {
        try {
            return protocol.anonymous(head);
        } catch (RuntimeException bug) {
            LOG.error("anonymous failed protocol={}", protocol.name(), bug);
            return false;
        }
    }

    private static boolean accepts(HttpProtocol protocol, HttpRequest head) {
        try {
            return protocol.accepts(head);
        } catch (RuntimeException bug) {
            LOG.error("accepts failed protocol={}", protocol.name(), bug);
            return false;
        }
    }

    private static void open(HttpProtocol protocol, Exchange asking) {
        try {
            protocol.open(asking);
        } catch (RuntimeException thrown) {
            asking.fail(thrown);
        }
    }

    private void onLoop(Runnable task) {
        if (channel.eventLoop().inEventLoop()) {
            task.run();
        } else {
            channel.eventLoop().execute(task);
        }
    }
}

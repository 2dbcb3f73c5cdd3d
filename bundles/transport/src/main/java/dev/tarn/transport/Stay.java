// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.security.Grounds;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long somebody may stay: for as long as what he was let in by holds. The one place in which that is seen to, for every
 * protocol; each of them answers the {@link Closing} that comes of it in its own words. Confined to the loop.
 */
public final class Stay {
    private static final Logger LOG = LoggerFactory.getLogger(Stay.class);
    private static final AttributeKey<Stay> KEY = AttributeKey.valueOf(Stay.class, "stay");

    /** The longest that is waited at once: a clock that was set is noticed by then. */
    private static final Duration LOOK = Duration.ofMinutes(10);

    private final EventExecutor loop;
    private final Instant until;
    private final Consumer<Closing.Cause> over;
    private @Nullable AutoCloseable watch;
    private @Nullable Future<?> alarm;
    private boolean ended;

    private Stay(EventExecutor loop, Instant until, Consumer<Closing.Cause> over) {
        this.loop = loop;
        this.until = until;
        this.over = over;
    }

    /**
     * Lets the channel be open for as long as the user may stay, then asks it to close. Whoever has said before who he is
     * says it anew by this. On the channel's loop.
     *
     * @param user as he was found a moment ago
     */
    public static void begin(Channel channel, Users users, User user) {
        Stay stay = of(
                channel.eventLoop(),
                users,
                user,
                cause -> Closing.ask(channel, cause, words(user.grounds().by(), cause)));
        Stay before = channel.attr(KEY).getAndSet(stay);
        if (before != null) {
            before.end();
        } else {
            channel.closeFuture().addListener(closed -> {
                Stay last = channel.attr(KEY).getAndSet(null);
                if (last != null) {
                    last.end();
                }
            });
        }
    }

    /** A stay at whose end something else is to be done. On the loop, as everything that comes of it. */
    static Stay of(EventExecutor loop, Users users, User user, Consumer<Closing.Cause> over) {
        Grounds grounds = user.grounds();
        Stay stay = new Stay(loop, grounds.until(), over);
        if (user.stored() || grounds.by() != Grounds.By.NOTHING) {
            stay.watch = users.watch(user, stay::revoked);
            stay.look();
        }
        return stay;
    }

    /** What a peer is told. */
    private static String words(Grounds.By by, Closing.Cause cause) {
        String what = switch (by) {
            case NOTHING -> "the user";
            case PASSWORD -> "the password";
            case TOKEN -> "the token";
            case COOKIE -> "the session";
            case CERTIFICATE -> "the certificate";
        };
        return what + (cause == Closing.Cause.EXPIRED ? " has expired" : " is not valid any more");
    }

    /** On any thread. */
    private void revoked() {
        try {
            loop.execute(() -> finish(Closing.Cause.REVOKED));
        } catch (RejectedExecutionException stopped) {
            LOG.debug("stay=over because the loops have stopped");
        }
    }

    private void look() {
        alarm = null;
        if (ended || until.equals(Instant.MAX)) {
            return;
        }
        Duration left = Duration.between(Instant.now(), until);
        if (left.isNegative() || left.isZero()) {
            // Not from here: whoever begins a stay is not done yet.
            loop.execute(() -> finish(Closing.Cause.EXPIRED));
        } else {
            // A millisecond later than that, since a moment is cut to milliseconds.
            long millis = left.compareTo(LOOK) > 0 ? LOOK.toMillis() : left.toMillis() + 1;
            alarm = loop.schedule(this::look, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void finish(Closing.Cause cause) {
        if (!ended) {
            end();
            over.accept(cause);
        }
    }

    /** Nobody stays any more. */
    void end() {
        ended = true;
        if (alarm != null) {
            alarm.cancel(false);
            alarm = null;
        }
        AutoCloseable watching = watch;
        watch = null;
        if (watching != null) {
            try {
                watching.close();
            } catch (Exception failed) {
                LOG.warn("a watch cannot be ended: {}", failed.getMessage());
            }
        }
    }
}

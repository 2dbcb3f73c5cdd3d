// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change on its way to one client. Belongs to whoever has it: the loop of the link that it is sent on, or the thread of the
 * {@link Feeds} that it waits in.
 */
final class Parcel {
    private final Change change;
    private final String topic;
    private final boolean current;
    private final boolean left;
    private final long order;
    private int failures;
    private boolean referred;
    private @Nullable Set<FeedMember> barred;

    /**
     * @param topic the path as the link spells it
     * @param current whether it is the present state of a row
     * @param left whether the row is no longer among those that the link asks for, which is all that is told of it
     * @param order of its arrival among those of one feed
     * @param failures how often it was sent before and not taken
     */
    Parcel(Change change, String topic, boolean current, boolean left, long order, int failures) {
        this.change = change;
        this.topic = topic;
        this.current = current;
        this.left = left;
        this.order = order;
        this.failures = failures;
    }

    Change change() {
        return change;
    }

    String topic() {
        return topic;
    }

    /** Whether it is the present state of a row, which has no place in the log of its own. */
    boolean current() {
        return current;
    }

    /** Whether the row is no longer among those that the link asks for. */
    boolean left() {
        return left;
    }

    /**
     * Whether it has waited for longer than its sender wanted, AMQP 1.0 §3.2.1 and §3.2.4; what ends a row is never too late.
     *
     * @param now milliseconds since 1970
     */
    boolean expired(long now) {
        long end = change.attributes().expiresAt();
        return end != 0 && end <= now && !left && change.kind() != Kind.EXPIRE && change.kind() != Kind.DELETE;
    }

    long order() {
        return order;
    }

    /** How often it was sent before and not taken. */
    int failures() {
        return failures;
    }

    void failed() {
        failures++;
    }

    /** Only told of: its content cannot be read. */
    void refer() {
        referred = true;
    }

    boolean referred() {
        return referred;
    }

    /** This client cannot take it. */
    void bar(FeedMember member) {
        Set<FeedMember> set = barred;
        if (set == null) {
            set = new HashSet<>(2);
            barred = set;
        }
        set.add(member);
    }

    boolean barred(FeedMember member) {
        return barred != null && barred.contains(member);
    }
}

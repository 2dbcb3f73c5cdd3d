// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * One subscription of a session, connected or not; the tag of the engine's while there is a connection. For one thread at
 * a time.
 */
final class Held {

    private final Packet.Wish wish;
    private final int number;
    private Packet.Options options;
    private int identifier;
    private long since;

    /** The changes after this sequence are owed. */
    private long start;

    /** Whether its current rows have not all been sent. */
    private boolean scanning;

    private int scans;

    /** While they have not: how far that is. */
    private Start.Progress progress = Start.Progress.NONE;

    private @Nullable Subscription live;

    /**
     * @param number names its row within the session
     */
    Held(Packet.Wish wish, int number) {
        this.wish = wish;
        this.number = number;
        this.options = wish.options();
    }

    /** Takes new options [MQTT-3.8.4-3]. */
    void renew(Packet.Options wanted, int subscriptionIdentifier, long microseconds) {
        options = wanted;
        identifier = subscriptionIdentifier;
        since = microseconds;
    }

    Packet.Wish wish() {
        return wish;
    }

    int number() {
        return number;
    }

    Packet.Options options() {
        return options;
    }

    /** 0 for none. */
    int identifier() {
        return identifier;
    }

    /**
     * When it was said, in microseconds since 1970: a row that is newer is news to the client, and not retained for it
     * [MQTT-3.3.1-9].
     */
    long since() {
        return since;
    }

    /** [MQTT-3.8.3-3] */
    Interest interest() {
        return new Interest(options.qos(), options.noLocal(), wish.group());
    }

    long start() {
        return start;
    }

    void start(long sequence) {
        start = sequence;
    }

    boolean scanning() {
        return scanning;
    }

    /** Its current rows are to be sent, from the first one on. */
    void scanAll() {
        scanOn(Start.Progress.NONE);
    }

    /** Its current rows are to be sent on from there. */
    void scanOn(Start.Progress sent) {
        scans++;
        scanning = true;
        progress = sent;
    }

    /** Names this sending of its current rows. */
    int scan() {
        return scans;
    }

    /** All current rows were sent, unless they are being sent again. */
    void scanned(int scan) {
        if (scan == scans) {
            scanning = false;
            progress = Start.Progress.NONE;
        }
    }

    Start.Progress progress() {
        return progress;
    }

    /** Notes, while current rows are being sent, that a row was, or a change to one beside them. */
    void sent(Delivery delivery) {
        Change change = delivery.change();
        if (delivery.current()) {
            progress = new Start.Progress(change.table(), change.path(), progress.first(), progress.last());
        } else {
            long first = progress.first() == 0 ? change.version() : progress.first();
            progress = new Start.Progress(progress.table(), progress.row(), first, change.version());
        }
    }

    @Nullable
    Subscription live() {
        return live;
    }

    void live(@Nullable Subscription subscription) {
        live = subscription;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** What this protocol counts from its start on. Written from all loops; safe on any thread. */
final class Statistics {

    /** Bytes and packets in both directions, headers included. */
    final LongAdder bytesReceived = new LongAdder();

    final LongAdder bytesSent = new LongAdder();
    final LongAdder packetsReceived = new LongAdder();
    final LongAdder packetsSent = new LongAdder();

    /** Bytes of payloads; how many there were is part of the traffic that every protocol counts. */
    final LongAdder publishBytesReceived = new LongAdder();

    final LongAdder publishBytesSent = new LongAdder();

    /** What is kept of connections that are no clients yet. */
    final Strangers strangers = new Strangers();

    /** Network connections that were opened, and those of them that sent a CONNECT. */
    final LongAdder sockets = new LongAdder();

    final LongAdder connects = new LongAdder();

    /** Subscriptions of all sessions, shared ones among them too. */
    final LongAdder subscriptions = new LongAdder();

    final LongAdder sharedSubscriptions = new LongAdder();

    /** Changes that sessions lost because they were owed too many. */
    final LongAdder overflowed = new LongAdder();

    /** Sessions whose time was over. */
    final LongAdder expired = new LongAdder();

    /** The most clients that were connected at once. */
    final LongAccumulator mostClients = new LongAccumulator(Math::max, 0);

    /** Packets were written to a connection. */
    void sent(int packets, int bytes) {
        packetsSent.add(packets);
        bytesSent.add(bytes);
    }

    /** A session has a subscription more, or one less. */
    void subscription(Held held, int difference) {
        subscriptions.add(difference);
        if (held.wish().group() != null) {
            sharedSubscriptions.add(difference);
        }
    }
}

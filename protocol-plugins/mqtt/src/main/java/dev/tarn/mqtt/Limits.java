// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.time.Duration;

/**
 * What one connection may do.
 *
 * @param packet the largest packet in bytes, header included
 * @param received publishes of quality of service 1 and 2 of a client that are not settled yet
 * @param receivedBytes payload bytes that may wait for being settled before nothing more is read
 * @param sent publishes to a client that it has not settled yet; the client may ask for less
 * @param aliases topic aliases that a client may set, and as many that it is sent
 */
record Limits(int packet, int received, int receivedBytes, int sent, int aliases, Topics topics, Times times) {

    /** Filters of one client. */
    int subscriptions() {
        return topics.subscriptions();
    }

    /**
     * What one client may name, and how fast.
     *
     * @param subscriptions filters of one client
     * @param levels of a topic or filter
     * @param offers what the server does at all
     */
    record Topics(int subscriptions, int levels, Rates rates, Offers offers) {

        /** Whether a topic or filter has more levels than are allowed. */
        boolean tooDeep(String text) {
            int separators = levels - 1;
            for (int at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) {
                if (--separators < 0) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * What the server does, where it has a choice.
     *
     * @param qos the greatest quality of service
     * @param retain whether rows may be put and deleted by publishing
     * @param wildcards whether filters may have them
     */
    record Offers(int qos, boolean retain, boolean wildcards) {}

    /** What the server does, where it has a choice. */
    Offers offers() {
        return topics.offers();
    }

    /**
     * What one client may publish.
     *
     * @param messages a second; 0 for any
     * @param bytes of payloads a second; 0 for any
     * @param patience with a client that is slowed without a break; zero for ever
     * @param all messages a second of all clients together; 0 for any
     */
    record Rates(int messages, int bytes, Duration patience, int all) {}

    /**
     * What clients that are away may take.
     *
     * @param sessions that outlast their connections; 0 for any number
     * @param changes that one session may be owed, then the oldest is dropped; 0 for any number
     * @param bytes 0 for any
     * @param age what is older is not sent; zero for any
     */
    record Backlog(int sessions, long changes, long bytes, Duration age) {}

    /**
     * How long things may take.
     *
     * @param keepAlive the longest keep-alive; zero for any, and for none
     * @param connect from the connection's start to its CONNECT
     * @param session how long a session may outlast its connection, in seconds; {@link Session#NEVER} for ever
     * @param backlog of a session meanwhile
     * @param unread how long a connected client may take nothing of what waits for it; zero for ever
     */
    record Times(Duration keepAlive, Duration connect, long session, Backlog backlog, Duration unread) {}
}

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
 * @param subscriptions filters of one client
 */
record Limits(int packet, int received, int receivedBytes, int sent, int aliases, int subscriptions, Times times) {

    /**
     * How long things may take.
     *
     * @param keepAlive the longest keep-alive; zero for any, and for none
     * @param connect from the connection's start to its CONNECT
     * @param session how long a session may outlast its connection, in seconds; {@link Session#NEVER} for ever
     */
    record Times(Duration keepAlive, Duration connect, long session) {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.time.Duration;

/**
 * What one connection may have.
 *
 * @param frame largest frame in bytes
 * @param message largest message in bytes
 * @param credit messages of one link that may be unsettled
 * @param receivedBytes of messages that may wait before nothing more is read
 * @param unsettled messages to one link that its client has not settled
 * @param idle after which a silent peer is gone
 * @param connect until a connection must be open
 */
record Limits(
        int frame,
        int message,
        int credit,
        int receivedBytes,
        int unsettled,
        Counts counts,
        Duration idle,
        Duration connect) {

    /**
     * How many of something.
     *
     * @param sessions of one connection
     * @param links of one session
     */
    record Counts(int sessions, int links) {}
}

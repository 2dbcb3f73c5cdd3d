// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What client and server settled at CONNECT.
 *
 * @param keepAlive silence of half as much again ends the connection; zero for never
 * @param explains whether the client wants reason strings and user properties [MQTT-3.1.2-29]
 * @param format of structured bodies that it gets
 * @param sends media type of payloads that do not say their own, or null
 */
record Agreement(
        Version version,
        String clientId,
        Duration keepAlive,
        Window window,
        boolean explains,
        Format format,
        @Nullable String sends) {

    /**
     * What the client can take.
     *
     * @param receiveMaximum publishes that it has not settled
     * @param largestPacket in bytes
     * @param aliases topic aliases that it may be sent
     */
    record Window(int receiveMaximum, long largestPacket, int aliases) {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/**
 * What a client said about one of its subscriptions; the tag of the engine's.
 *
 * @param spelling the whole filter as the client wrote it
 * @param identifier 0 for none
 * @param since when it was said, in microseconds since 1970: a row that is newer is news to the client, and not retained
 *     for it [MQTT-3.3.1-9]
 */
record Wanted(String spelling, Packet.Options options, int identifier, long since) {}

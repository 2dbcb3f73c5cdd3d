// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/**
 * What a client said about one of its subscriptions; the tag of the engine's.
 *
 * @param spelling the whole filter as the client wrote it
 * @param identifier 0 for none
 */
record Wanted(String spelling, Packet.Options options, int identifier) {}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

/**
 * What a client asks to join.
 *
 * @param start the sequence after which a new feed begins; -1 for now
 * @param rows whether a new feed begins with the current rows
 * @param timeout seconds that a new feed outlasts its last client; -1 for ever
 * @param create whether it is made where there is none
 */
record FeedRequest(FeedKey key, FeedTerms terms, long start, boolean rows, long timeout, boolean create) {}

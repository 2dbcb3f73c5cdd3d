// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/**
 * Where clients are sent when this server stops (§4.11). Immutable.
 *
 * @param server one address or several with spaces between them, such as {@code a.example.org:1883}
 * @param moved whether for good
 */
record Referral(String server, boolean moved) {

    Reason reason() {
        return moved ? Reason.SERVER_MOVED : Reason.USE_ANOTHER_SERVER;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/** Which MQTT a client speaks, as its CONNECT said. */
enum Version {
    /** MQTT 3.1, protocol name {@code MQIsdp}. */
    V31(3),
    /** MQTT 3.1.1. */
    V311(4),
    /** MQTT 5.0. */
    V5(5);

    private final int level;

    Version(int level) {
        this.level = level;
    }

    /** The protocol level on the wire. */
    int level() {
        return level;
    }

    boolean five() {
        return this == V5;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.HashMap;
import java.util.Map;

/**
 * Topic aliases that the server has given: the first topics that are sent keep theirs as long as the connection lives.
 * For the connection's loop.
 */
final class AliasesSent {

    private final int most;
    private final Map<String, Integer> numbers = new HashMap<>();

    AliasesSent(int most) {
        this.most = most;
    }

    /**
     * The topic's alias; the negative of one that it could be given; 0 when there is none for it [MQTT-3.1.2-27].
     * [MQTT-3.1.2-26], [MQTT-3.3.2-11]
     */
    int find(String topic) {
        if (most == 0) {
            return 0;
        }
        Integer known = numbers.get(topic);
        if (known != null) {
            return known;
        }
        return numbers.size() < most ? -(numbers.size() + 1) : 0;
    }

    void set(String topic, int alias) {
        numbers.put(topic, alias);
    }
}

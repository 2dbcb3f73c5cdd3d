// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What a counter grows by in a minute, as an average in which the past counts less and less: over about one, five and
 * fifteen minutes. For one thread.
 */
final class LoadAverage {

    private static final int[] MINUTES = {1, 5, 15};

    private final String topic;
    private final LongSupplier counter;
    private final double[] averages = new double[MINUTES.length];
    private long last;

    LoadAverage(String topic, LongSupplier counter) {
        this.topic = topic;
        this.counter = counter;
        this.last = counter.getAsLong();
    }

    /** Takes in what came since the last call, so many seconds ago. */
    void tick(double seconds) {
        long now = counter.getAsLong();
        double perMinute = (now - last) * 60 / seconds;
        last = now;
        for (int i = 0; i < averages.length; i++) {
            double weight = Math.exp(-seconds / (60 * MINUTES[i]));
            averages[i] = perMinute + weight * (averages[i] - perMinute);
        }
    }

    void write(Map<String, String> topics) {
        for (int i = 0; i < averages.length; i++) {
            topics.put(topic + "/" + MINUTES[i] + "min", String.format(java.util.Locale.ROOT, "%.2f", averages[i]));
        }
    }
}

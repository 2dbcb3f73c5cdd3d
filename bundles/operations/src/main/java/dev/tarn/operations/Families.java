// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.TreeMap;

/** Figures put together by name, since a name's points must stand together. For one thread. */
final class Families {
    private final Map<String, GaugeSnapshot.Builder> gauges = new TreeMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new TreeMap<>();

    /**
     * Something that goes up and down.
     *
     * @param labels names and values in turn
     */
    void gauge(String name, String help, Number value, String... labels) {
        gauges.computeIfAbsent(name, first -> GaugeSnapshot.builder().name(name).help(help))
                .dataPoint(GaugeDataPointSnapshot.builder()
                        .value(value.doubleValue())
                        .labels(Labels.of(labels))
                        .build());
    }

    /**
     * Something that only goes up until the process ends; its points are written with {@code _total}.
     *
     * @param labels names and values in turn
     */
    void counter(String name, String help, Number value, String... labels) {
        counters.computeIfAbsent(
                        name, first -> CounterSnapshot.builder().name(name).help(help))
                .dataPoint(CounterDataPointSnapshot.builder()
                        .value(value.doubleValue())
                        .labels(Labels.of(labels))
                        .build());
    }

    MetricSnapshots snapshots() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        gauges.values().forEach(gauge -> all.metricSnapshot(gauge.build()));
        counters.values().forEach(counter -> all.metricSnapshot(counter.build()));
        return all.build();
    }
}

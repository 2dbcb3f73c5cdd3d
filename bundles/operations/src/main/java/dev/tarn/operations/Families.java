// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Figures put together by name, since a name's points must stand together. For one thread. */
final class Families {
    private final Map<String, GaugeSnapshot.Builder> gauges = new TreeMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new TreeMap<>();
    private final List<HistogramSnapshot> histograms = new ArrayList<>();

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

    /**
     * How a figure was spread.
     *
     * @param bounds ascending; what is above the last is in the last of {@code counts}, which is one longer
     * @param counts how many were in each bucket alone
     */
    void histogram(String name, String help, double[] bounds, long[] counts, double sum) {
        double[] upper = Arrays.copyOf(bounds, bounds.length + 1);
        upper[bounds.length] = Double.POSITIVE_INFINITY;
        histograms.add(HistogramSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(upper, counts))
                        .sum(sum)
                        .build())
                .build());
    }

    MetricSnapshots snapshots() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        gauges.values().forEach(gauge -> all.metricSnapshot(gauge.build()));
        counters.values().forEach(counter -> all.metricSnapshot(counter.build()));
        histograms.forEach(all::metricSnapshot);
        return all.build();
    }
}

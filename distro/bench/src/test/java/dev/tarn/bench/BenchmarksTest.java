// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Every microbenchmark runs, for a moment, in here and with the first value of each of its parameters; what it measures
 * then means nothing. {@code distro/bench/jmh} measures.
 */
class BenchmarksTest {

    static Stream<String> benchmarks() {
        return entries().keySet().stream();
    }

    private static Map<String, BenchmarkListEntry> entries() {
        Map<String, BenchmarkListEntry> entries = new TreeMap<>();
        BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), java.util.List.of())
                .forEach(entry -> entries.put(entry.getUsername(), entry));
        return entries;
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void a_benchmark_runs(String name) throws Exception {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + Pattern.quote(name) + "$")
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(50))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        BenchmarkListEntry entry = entries().get(name);
        if (entry.getParams().hasValue()) {
            entry.getParams().get().forEach((parameter, values) -> options.param(parameter, values[0]));
        }
        // Another run on this machine is no reason to fail.
        System.setProperty("jmh.ignoreLock", "true");
        Collection<RunResult> results = new Runner(options.build()).run();
        assertThat(results).hasSize(1);
        assertThat(results.iterator().next().getPrimaryResult().getScore()).isPositive();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Runs one scenario against one server and prints a line of results, or summarises lines into a table.
 *
 * <pre>
 * java -jar tarn-bench.jar mqtt-qos0 --label mosquitto --port 1883 --pid 1234 --seconds 5
 * java -jar tarn-bench.jar table results.tsv
 * </pre>
 */
public final class Main {

    /** Scenarios by name. */
    static final Map<String, Supplier<Scenario>> SCENARIOS = new TreeMap<>();

    static {
        SCENARIOS.put("mqtt-qos0", () -> new MqttOneToOne(1, 1, 0, 100));
        SCENARIOS.put("mqtt-qos0-single", () -> new MqttOneToOne(1, 1, 0, 1));
        SCENARIOS.put("mqtt-qos0-10-pairs", () -> new MqttOneToOne(10, 1, 0, 100));
        SCENARIOS.put("mqtt-qos0-paced", () -> new MqttPaced(50, 10_000));
        SCENARIOS.put("mqtt-qos0-half", () -> new MqttPaced(50, 100_000));
        SCENARIOS.put("mqtt-qos1", () -> new MqttOneToOne(1, 1, 1, 100));
        SCENARIOS.put("mqtt-retained", () -> MqttRetained.closed(16, 10));
        SCENARIOS.put("mqtt-retained-half", () -> MqttRetained.paced(16, 43_000));
        SCENARIOS.put("mqtt-fanout", () -> new MqttOneToOne(1, 200, 0, 4));
        SCENARIOS.put("http-get", () -> new HttpRows(false, 32));
        SCENARIOS.put("http-put", () -> new HttpRows(true, 32));
        SCENARIOS.put("http-query", HttpQueries::new);
        SCENARIOS.put("http-scan", () -> new HttpScan(10_000));
    }

    private Main() {}

    public static void main(String... arguments) throws IOException {
        if (arguments.length == 0) {
            throw new IllegalArgumentException("expected 'table' or one of " + SCENARIOS.keySet());
        }
        String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        if (arguments[0].equals("table")) {
            System.out.print(Summary.of(rest));
            return;
        }
        System.out.println(run(arguments[0], Options.of(rest)).line());
    }

    /** Prepares, warms up, measures. */
    static Result run(String name, Options options) throws IOException {
        Supplier<Scenario> maker = SCENARIOS.get(name);
        if (maker == null) {
            throw new IllegalArgumentException(name + " is none of " + SCENARIOS.keySet());
        }
        Scenario scenario = maker.get();
        try (Loop loop = new Loop()) {
            scenario.prepare(loop, options);
            scenario.start();
            loop.run(scenario, options.warm() * 1_000_000_000L);
            Latencies latencies = scenario.latencies();
            latencies.clear();
            long self = ProcessHandle.current().pid();
            long clientBefore = Cpu.microseconds(self);
            long before = Cpu.microseconds(options.process());
            long start = System.nanoTime();
            loop.run(scenario, options.seconds() * 1_000_000_000L);
            double seconds = (System.nanoTime() - start) / 1e9;
            long used = Cpu.microseconds(options.process()) - before;
            long clientUsed = Cpu.microseconds(self) - clientBefore;
            double count = latencies.count();
            if (count == 0) {
                throw new IOException("no operation completed");
            }
            return new Result(
                    options.label(),
                    name,
                    count / seconds,
                    used / count,
                    latencies.percentile(0.5) / 1e3,
                    latencies.percentile(0.99) / 1e3,
                    latencies.percentile(0.999) / 1e3,
                    clientUsed / count,
                    Cpu.load());
        }
    }
}

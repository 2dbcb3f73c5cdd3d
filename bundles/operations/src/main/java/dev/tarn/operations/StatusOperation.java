// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.store.Store;
import dev.tarn.transport.Meter;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code status}: what runs here, where it listens, and how much went through. Safe on any thread. */
@Component(service = Operation.class)
public final class StatusOperation implements Operation {
    private final Store store;
    private final Meter meter;
    private final Health health;

    @Activate
    public StatusOperation(@Reference Store store, @Reference Meter meter, @Reference Health health) {
        this.store = store;
        this.meter = meter;
        this.health = health;
    }

    @Override
    public String name() {
        return "status";
    }

    @Override
    public boolean changes() {
        return false;
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        Map<String, String> problems = health.problems();
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("status", problems.isEmpty() ? "up" : "down");
        if (!problems.isEmpty()) {
            status.put("problems", problems);
        }
        if (!health.warnings().isEmpty()) {
            status.put("warnings", health.warnings());
        }
        status.put("version", ProcessFigures.version());
        status.put("java", Runtime.version().toString());
        status.put("process", ProcessHandle.current().pid());
        status.put("uptimeSeconds", ManagementFactory.getRuntimeMXBean().getUptime() / 1000);
        status.put("residentBytes", ProcessFigures.residentBytes());
        Map<String, Object> listeners = new TreeMap<>();
        health.endpoints()
                .forEach(endpoint -> listeners.put(
                        endpoint.name(),
                        endpoint.address()
                                .map(StatusOperation::words)
                                .orElseGet(() -> endpoint.problem().orElse("closed"))));
        status.put("listeners", listeners);
        Map<String, Object> protocols = new TreeMap<>();
        meter.all().forEach((name, traffic) -> {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("connections", traffic.open.sum());
            figures.put("in", traffic.in.sum());
            figures.put("out", traffic.out.sum());
            figures.put("bytesIn", traffic.bytesIn.sum());
            figures.put("bytesOut", traffic.bytesOut.sum());
            figures.put("dropped", traffic.dropped.sum());
            figures.put("refused", traffic.refused.sum());
            protocols.put(name, figures);
        });
        status.put("protocols", protocols);
        status.put("sequence", store.sequence());
        status.put("oldestSequence", store.oldest());
        return CompletableFuture.completedStage(status);
    }

    private static String words(InetSocketAddress address) {
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.StoreStatistics;
import dev.tarn.transport.Endpoint;
import dev.tarn.transport.Loops;
import dev.tarn.transport.Meter;
import dev.tarn.transport.Traffic;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Every figure of the node, read when somebody asks. Safe on any thread; reads files of {@code /proc}. */
@Component(service = Metrics.class)
public final class Metrics {
    private final Store store;
    private final Loops loops;
    private final Meter meter;
    private final Health health;
    private final AtomicReference<@Nullable StoreStatistics> statistics = new AtomicReference<>();
    private final AtomicReference<@Nullable DurableSessions> sessions = new AtomicReference<>();

    @Activate
    public Metrics(@Reference Store store, @Reference Loops loops, @Reference Meter meter, @Reference Health health) {
        this.store = store;
        this.loops = loops;
        this.meter = meter;
        this.health = health;
    }

    /** The store tells how it is doing. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setStatistics(StoreStatistics told) {
        statistics.set(told);
    }

    /** It tells no longer. */
    public void unsetStatistics(StoreStatistics told) {
        statistics.compareAndSet(told, null);
    }

    /** The engine says who is owed what. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setSessions(DurableSessions told) {
        sessions.set(told);
    }

    /** It says so no longer. */
    public void unsetSessions(DurableSessions told) {
        sessions.compareAndSet(told, null);
    }

    /** All metrics as they are now. */
    MetricSnapshots snapshots() {
        Families families = new Families();
        ProcessFigures.read(families);
        traffic(families);
        loops(families);
        families.counter("tarn_store_sequence", "Sequence of the last durable change.", store.sequence());
        StoreStatistics told = statistics.get();
        if (told != null) {
            StoreFigures.read(families, told);
        }
        DurableSessions owed = sessions.get();
        if (owed != null) {
            owed(families, owed);
        }
        families.gauge(
                "tarn_stuck_calls",
                "Calls of applications that go on although they were given up and interrupted.",
                health.stuck().size());
        for (Endpoint endpoint : health.endpoints()) {
            families.gauge(
                    "tarn_listener_open",
                    "Whether the listener accepts connections.",
                    endpoint.address().isPresent() ? 1 : 0,
                    "listener",
                    endpoint.name());
        }
        health.certificates().ifPresent(certificates -> {
            families.gauge(
                    "tarn_certificates_usable",
                    "Whether TLS uses its files as they are; 0 while it goes on with older ones.",
                    certificates.problem().isEmpty() ? 1 : 0);
            certificates
                    .expires()
                    .ifPresent(moment -> families.gauge(
                            "tarn_certificate_expiry_seconds",
                            "When the first of the certificates expires, in seconds since 1970.",
                            moment.getEpochSecond()));
        });
        health.deployments()
                .ifPresent(all -> all.forEach((file, deployment) -> families.gauge(
                        "tarn_deployment_failed",
                        "Whether what the file is could not be deployed, or does not run.",
                        deployment.problem().isEmpty() ? 0 : 1,
                        "file",
                        String.valueOf(Path.of(file).getFileName()))));
        families.gauge(
                "tarn_ready", "Whether the node can serve.", health.problems().isEmpty() ? 1 : 0);
        return families.snapshots();
    }

    private void traffic(Families families) {
        Map<String, Traffic> all = meter.all();
        all.forEach((protocol, traffic) -> families.gauge(
                "tarn_connections", "Connections that are open.", traffic.open.sum(), "protocol", protocol));
        each(families, all, "tarn_messages_in", "Messages and requests that came in.", traffic -> traffic.in.sum());
        each(families, all, "tarn_messages_out", "Messages and answers that went out.", traffic -> traffic.out.sum());
        each(families, all, "tarn_received_bytes", "Bytes that came in.", traffic -> traffic.bytesIn.sum());
        each(families, all, "tarn_sent_bytes", "Bytes that went out.", traffic -> traffic.bytesOut.sum());
        each(
                families,
                all,
                "tarn_messages_dropped",
                "Messages dropped because a subscriber was slow.",
                traffic -> traffic.dropped.sum());
        each(
                families,
                all,
                "tarn_refused",
                "Requests, packets and connections that were refused.",
                traffic -> traffic.refused.sum());
    }

    private static void owed(Families families, DurableSessions sessions) {
        Owed.byProtocol(sessions).forEach((protocol, total) -> {
            families.gauge(
                    "tarn_owed_sessions",
                    "Sessions, subscriptions and queues that changes are kept for.",
                    total.sessions(),
                    "protocol",
                    protocol);
            families.gauge(
                    "tarn_owed_changes",
                    "Changes that are kept for them and not settled.",
                    total.changes(),
                    "protocol",
                    protocol);
            families.gauge("tarn_owed_bytes", "Bytes of their bodies.", total.bytes(), "protocol", protocol);
        });
    }

    private static void each(
            Families families, Map<String, Traffic> all, String name, String help, ToLongFunction<Traffic> figure) {
        all.forEach(
                (protocol, traffic) -> families.counter(name, help, figure.applyAsLong(traffic), "protocol", protocol));
    }

    private void loops(Families families) {
        int number = 0;
        for (EventExecutor loop : loops.group()) {
            if (loop instanceof SingleThreadEventLoop single) {
                families.gauge(
                        "tarn_loop_pending_tasks",
                        "Tasks that wait for an event loop.",
                        single.pendingTasks(),
                        "loop",
                        String.valueOf(number));
            }
            number++;
        }
        var buffers = PooledByteBufAllocator.DEFAULT.metric();
        String help = "Memory that the pool of network buffers holds.";
        families.gauge("tarn_buffer_pool_bytes", help, buffers.usedDirectMemory(), "area", "direct");
        families.gauge("tarn_buffer_pool_bytes", help, buffers.usedHeapMemory(), "area", "heap");
    }
}

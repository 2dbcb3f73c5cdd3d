// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.application.StuckCalls;
import dev.tarn.api.application.StuckCalls.StuckCall;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.StoreStatistics;
import dev.tarn.transport.Certificates;
import dev.tarn.transport.Endpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** What keeps this node from serving. Safe on any thread; quick. */
@Component(service = Health.class)
public final class Health {
    private static final String STORE = "store";

    private final Store store;
    private final CopyOnWriteArrayList<Endpoint> endpoints = new CopyOnWriteArrayList<>();

    private final AtomicReference<@Nullable StoreStatistics> statistics = new AtomicReference<>();
    private final AtomicReference<@Nullable BooleanSupplier> started = new AtomicReference<>();
    private final AtomicReference<@Nullable StuckCalls> stuck = new AtomicReference<>();
    private final AtomicReference<@Nullable Certificates> certificates = new AtomicReference<>();
    private final AtomicReference<@Nullable Supplier<Map<String, Map<String, String>>>> deployments =
            new AtomicReference<>();

    @Activate
    public Health(@Reference Store store) {
        this.store = store;
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

    /** Whoever starts this node says whether all of it has been started. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            target = "(tarn.started=true)")
    public void setStarted(BooleanSupplier told) {
        started.set(told);
    }

    /** He says so no longer. */
    public void unsetStarted(BooleanSupplier told) {
        started.compareAndSet(told, null);
    }

    /** The engine tells what of applications does not end. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setStuckCalls(StuckCalls told) {
        stuck.set(told);
    }

    /** It tells no longer. */
    public void unsetStuckCalls(StuckCalls told) {
        stuck.compareAndSet(told, null);
    }

    /** Calls of applications that go on although they were given up. */
    List<StuckCall> stuck() {
        StuckCalls told = stuck.get();
        return told == null ? List.of() : told.stuck();
    }

    /** What TLS shows. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setCertificates(Certificates shown) {
        certificates.set(shown);
    }

    /** There is no TLS any more. */
    public void unsetCertificates(Certificates shown) {
        certificates.compareAndSet(shown, null);
    }

    /** The certificates of TLS, if there are any. */
    Optional<Certificates> certificates() {
        return Optional.ofNullable(certificates.get()).filter(Certificates::configured);
    }

    /**
     * What an operator should see to although the node serves, by part: it does not make the node unready.
     */
    Map<String, String> warnings() {
        Map<String, String> warnings = new TreeMap<>();
        certificates().flatMap(Certificates::problem).ifPresent(problem -> warnings.put("tls", problem));
        listeners(true, warnings);
        StoreStatistics told = statistics.get();
        if (told != null) {
            store(told, warnings);
        }
        for (StuckCall call : stuck()) {
            warnings.putIfAbsent(
                    "application " + call.application(),
                    call.what() + " was given up and goes on since "
                            + call.running().toSeconds() + " s" + (call.at().isEmpty() ? "" : ", now at " + call.at()));
        }
        deployments()
                .ifPresent(all -> all.forEach((file, deployment) -> {
                    if (!deployment.problem().isEmpty()) {
                        warnings.put(String.valueOf(Path.of(file).getFileName()), deployment.problem());
                    }
                }));
        return warnings;
    }

    /** A listener has tried to open its port. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addEndpoint(Endpoint endpoint) {
        endpoints.add(endpoint);
    }

    /** A listener has closed. */
    public void removeEndpoint(Endpoint endpoint) {
        endpoints.remove(endpoint);
    }

    /** Somebody deploys bundles from files and tells what became of them. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            target = "(" + Deployment.TOLD + "=*)")
    public void setDeployments(Supplier<Map<String, Map<String, String>>> told) {
        deployments.set(told);
    }

    /** He tells no longer. */
    public void unsetDeployments(Supplier<Map<String, Map<String, String>>> told) {
        deployments.compareAndSet(told, null);
    }

    /** The files that bundles come from, by their paths; empty when nobody deploys here. */
    Optional<Map<String, Deployment>> deployments() {
        Supplier<Map<String, Map<String, String>>> told = deployments.get();
        return told == null ? Optional.empty() : Optional.of(Deployment.all(told.get()));
    }

    /** The listeners that have tried to open their ports. */
    List<Endpoint> endpoints() {
        return List.copyOf(endpoints);
    }

    /** What is wrong, by part, in words for an operator; empty when the node can serve. */
    Map<String, String> problems() {
        Map<String, String> problems = new TreeMap<>();
        StoreStatistics told = statistics.get();
        if (told != null) {
            told.refusing().ifPresent(why -> problems.put(STORE, "writes are refused, reads go on: " + why.reason()));
        }
        problems.putAll(reading());
        return problems;
    }

    /** What keeps the node from serving reads, by part; a part of {@link #problems}. */
    Map<String, String> reading() {
        Map<String, String> problems = new TreeMap<>();
        BooleanSupplier all = started.get();
        if (all != null && !all.getAsBoolean()) {
            problems.put("start", "the node is being started: not all listeners have opened yet");
        }
        listeners(false, problems);
        try {
            store.sequence();
        } catch (RuntimeException closed) {
            problems.put(STORE, String.valueOf(closed.getMessage()));
        }
        return problems;
    }

    private void listeners(boolean optional, Map<String, String> told) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.optional() == optional) {
                endpoint.problem().ifPresent(problem -> told.put("listener " + endpoint.name(), problem));
            }
        }
    }

    /** What the disk did not give back, or soon has no more room for. */
    private static void store(StoreStatistics told, Map<String, String> warnings) {
        StoreStatistics.Soundness soundness = told.soundness();
        soundness.recent().ifPresent(what -> warnings.put("reads", what));
        List<String> damaged =
                soundness.scrub().map(StoreStatistics.Scrub::damaged).orElse(List.of());
        if (!damaged.isEmpty()) {
            warnings.put(
                    "damage",
                    damaged.size() + " places on the disk, the first of them: " + damaged.get(0)
                            + "; run tarn verify, restore a backup, check the disk");
        }
        StoreStatistics.Space space = told.space();
        if (space.usable() < space.reserve()) {
            warnings.put("disk", (space.usable() >> 20) + " MB are left; files and Blobs are no longer taken in");
        }
    }
}

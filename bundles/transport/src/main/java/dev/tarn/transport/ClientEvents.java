// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.client.ClientObserver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells observers what clients do, on a thread that is there while there is something to tell. Asking {@link #wanted} is
 * one read of memory, so that an event that nobody wants is never made. Safe on any thread.
 */
public final class ClientEvents implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClientEvents.class);

    /** Events that may wait for observers. */
    private static final int MOST = 10_000;

    private static final long IDLE_SECONDS = 10;

    private record Told(ClientObserver observer, Set<ClientEvent.Type> wanted) {}

    private final ThreadPoolExecutor teller;
    private final LongAdder dropped = new LongAdder();

    /** Replaced as a whole by whoever adds and removes. */
    private volatile List<Told> observers = List.of();

    private volatile Set<ClientEvent.Type> wanted = Set.of();

    /** @param protocol names the thread that observers are told on */
    public ClientEvents(String protocol) {
        teller = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST), task -> {
            Thread thread = new Thread(task, "tarn-" + protocol + "-events");
            thread.setDaemon(true);
            return thread;
        });
        teller.allowCoreThreadTimeOut(true);
    }

    /** Whether anybody wants to hear of this. */
    public boolean wanted(ClientEvent.Type type) {
        return wanted.contains(type);
    }

    /** Tells it what clients do from now on. */
    public synchronized void add(ClientObserver observer, Map<String, ?> properties) {
        List<Told> more = new ArrayList<>(observers);
        more.add(new Told(observer, types(properties.get(ClientObserver.EVENTS))));
        replace(more);
    }

    /** Tells it nothing more. */
    public synchronized void remove(ClientObserver observer) {
        List<Told> fewer = new ArrayList<>(observers);
        fewer.removeIf(told -> told.observer() == observer);
        replace(fewer);
    }

    private void replace(List<Told> changed) {
        EnumSet<ClientEvent.Type> all = EnumSet.noneOf(ClientEvent.Type.class);
        changed.forEach(told -> all.addAll(told.wanted()));
        observers = List.copyOf(changed);
        wanted = Set.copyOf(all);
    }

    private static Set<ClientEvent.Type> types(@Nullable Object property) {
        EnumSet<ClientEvent.Type> types = EnumSet.complementOf(EnumSet.of(ClientEvent.Type.PUBLISHED));
        if (property == null) {
            return types;
        }
        Collection<?> names = property instanceof Object[] array
                ? List.of(array)
                : property instanceof Collection<?> collection ? collection : List.of(property);
        types.clear();
        for (ClientEvent.Type type : ClientEvent.Type.values()) {
            if (names.stream()
                    .anyMatch(name ->
                            type.text().equals(Objects.toString(name, "").trim().toLowerCase(Locale.ROOT)))) {
                types.add(type);
            }
        }
        if (types.size() < Set.copyOf(names).size()) {
            LOG.warn("an observer of clients wants to hear of something that there is not: events={}", names);
        }
        return types;
    }

    /** Tells those who want to hear of it, soon. */
    public void tell(ClientEvent event) {
        try {
            teller.execute(() -> pass(event));
            long missed = dropped.sumThenReset();
            if (missed > 0) {
                LOG.warn("observers of clients are too slow: dropped={}", missed);
            }
        } catch (RejectedExecutionException full) {
            dropped.increment();
        }
    }

    private void pass(ClientEvent event) {
        for (Told told : observers) {
            if (told.wanted().contains(event.type())) {
                try {
                    told.observer().observe(event);
                } catch (RuntimeException bug) {
                    LOG.error(
                            "an observer of clients failed: observer={}",
                            told.observer().getClass().getName(),
                            bug);
                }
            }
        }
    }

    @Override
    public void close() {
        teller.shutdown();
    }
}

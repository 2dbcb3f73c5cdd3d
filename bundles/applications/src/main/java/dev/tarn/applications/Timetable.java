// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Every;
import dev.tarn.api.application.Logic;
import dev.tarn.api.application.RecordTable;
import dev.tarn.api.application.Transaction;
import dev.tarn.api.application.Transactions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an application does by itself, and when. The clock is a thread of the application's own, which is there only while it
 * has something to do by itself; the work is done on the engine's threads for applications.
 */
final class Timetable {

    private static final Logger LOG = LoggerFactory.getLogger(Timetable.class);

    /** How long one run may take. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** One method and when it is due. */
    private record Entry(
            Object target,
            Method method,
            Duration every,
            @Nullable Cron cron) {
        long delay(ZonedDateTime now) {
            return cron == null ? every.toNanos() : cron.after(now).toNanos();
        }
    }

    private final String application;
    private final Transactions transactions;
    private final Supplier<ZonedDateTime> now;
    private final List<Entry> entries = new ArrayList<>();
    private @Nullable ScheduledThreadPoolExecutor clock;

    Timetable(String application, Transactions transactions) {
        this(application, transactions, () -> ZonedDateTime.now(ZoneId.systemDefault()));
    }

    /** @param now what time it is, in the zone that crons go by */
    Timetable(String application, Transactions transactions, Supplier<ZonedDateTime> now) {
        this.now = now;
        this.application = application;
        this.transactions = transactions;
    }

    /**
     * Adds the methods of a resource that run by themselves.
     *
     * @param wrong is told of those that cannot, and why
     */
    void add(Logic logic, BiConsumer<Method, String> wrong) {
        for (Class<?> type = logic.getClass(); type != null && type != Object.class; type = type.getSuperclass()) {
            for (Method method : type.getDeclaredMethods()) {
                Every every = method.getAnnotation(Every.class);
                if (every != null) {
                    try {
                        entries.add(entry(logic, method, every));
                    } catch (IllegalArgumentException unfit) {
                        wrong.accept(method, String.valueOf(unfit.getMessage()));
                    }
                }
            }
        }
    }

    private static Entry entry(Logic logic, Method method, Every every) {
        Class<?>[] parameters = method.getParameterTypes();
        if (parameters.length > 1 || (parameters.length == 1 && parameters[0] != Transaction.class)) {
            throw new IllegalArgumentException(method.getName() + " with @Every takes nothing, or a Transaction");
        }
        method.setAccessible(true);
        if (every.cron().isEmpty() == every.value().isEmpty()) {
            throw new IllegalArgumentException(method.getName() + ": @Every needs a time, or a cron");
        }
        if (!every.cron().isEmpty()) {
            return new Entry(logic, method, Duration.ZERO, named(method, () -> Cron.of(every.cron())));
        }
        Duration time = named(method, () -> RecordTable.time(every.value()));
        if (time.compareTo(Duration.ofMillis(10)) < 0) {
            throw new IllegalArgumentException(method.getName() + ": @Every is 10ms at the least");
        }
        return new Entry(logic, method, time, null);
    }

    /** What is read of an annotation; what is wrong with it is told with its method. */
    private static <T> T named(Method method, Supplier<T> read) {
        try {
            return read.get();
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(method.getName() + ": @Every: " + wrong.getMessage(), wrong);
        }
    }

    synchronized void start() {
        if (entries.isEmpty() || clock != null) {
            return;
        }
        ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tarn-timer-" + application);
            thread.setDaemon(true);
            return thread;
        });
        made.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        clock = made;
        entries.forEach(entry -> next(made, entry));
    }

    private void next(ScheduledThreadPoolExecutor made, Entry entry) {
        if (!made.isShutdown()) {
            made.schedule(() -> run(made, entry), entry.delay(now.get()), TimeUnit.NANOSECONDS);
        }
    }

    private void run(ScheduledThreadPoolExecutor made, Entry entry) {
        transactions
                .run(application, LIMIT, transaction -> invoke(entry, transaction))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOG.warn(
                                "application={} method={} failed: {}",
                                application,
                                entry.method().getName(),
                                failure.toString());
                    }
                    next(made, entry);
                });
    }

    private static void invoke(Entry entry, Transaction transaction) throws Exception {
        try {
            if (entry.method().getParameterCount() == 0) {
                entry.method().invoke(entry.target());
            } else {
                entry.method().invoke(entry.target(), transaction);
            }
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw thrown;
        }
    }

    synchronized void stop() {
        if (clock != null) {
            clock.shutdownNow();
        }
    }
}

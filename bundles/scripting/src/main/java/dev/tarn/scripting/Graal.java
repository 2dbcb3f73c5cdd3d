// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.io.OutputStream;
import java.net.http.HttpClient;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.ResourceLimits;
import org.graalvm.polyglot.io.IOAccess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The language, shared by all applications, and the few threads that serve them beside requests. Safe on any thread. */
final class Graal implements AutoCloseable {

    static final String ID = "js";

    private static final Logger LOG = LoggerFactory.getLogger(Graal.class);

    /** Nothing of the host is reached but what is handed over as a function, and bytes. */
    private static final HostAccess ACCESS =
            HostAccess.newBuilder(HostAccess.EXPLICIT).allowBufferAccess(true).build();

    private final Engine engine;
    private final Overseer overseer = new Overseer();
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor clock;
    private final AtomicReference<@Nullable HttpClient> client = new AtomicReference<>();

    /** Starts the language, which takes about a second. */
    Graal() {
        long before = System.nanoTime();
        engine = Engine.newBuilder(ID)
                .option("engine.WarnInterpreterOnly", "false")
                .out(OutputStream.nullOutputStream())
                .err(OutputStream.nullOutputStream())
                .build();
        threads = new ThreadPoolExecutor(2, 2, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "tarn-script");
            thread.setDaemon(true);
            thread.setContextClassLoader(Graal.class.getClassLoader());
            return thread;
        });
        threads.allowCoreThreadTimeOut(true);
        clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tarn-script-clock");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
        clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        clock.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
        LOG.info("scripts can be run: milliseconds={}", (System.nanoTime() - before) / 1_000_000);
    }

    /** The client for requests to other servers, made when there is the first. */
    HttpClient client() {
        HttpClient made = client.get();
        if (made == null) {
            client.compareAndSet(null, Fetcher.client());
            made = Objects.requireNonNull(client.get());
        }
        return made;
    }

    Overseer overseer() {
        return overseer;
    }

    /** Runs a task soon; dropped when this is closed. */
    void later(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException closed) {
            LOG.debug("a task was dropped since scripts are stopped", closed);
        }
    }

    /** Runs a short task after a while, perhaps again and again. */
    ScheduledFuture<?> after(long milliseconds, boolean repeated, Runnable task) {
        return repeated
                ? clock.scheduleAtFixedRate(task, milliseconds, milliseconds, TimeUnit.MILLISECONDS)
                : clock.schedule(task, milliseconds, TimeUnit.MILLISECONDS);
    }

    /** A context that sees these files and nothing else. */
    Context context(ScriptFiles files, Limits limits) {
        Context.Builder builder = Context.newBuilder(ID)
                .engine(engine)
                .allowHostAccess(ACCESS)
                .allowIO(IOAccess.newBuilder().fileSystem(files).build())
                .allowExperimentalOptions(true)
                .option("js.esm-eval-returns-exports", "true")
                .option("js.ecmascript-version", "2024")
                .option("js.console", "false")
                .option("js.print", "false")
                .option("js.load", "false")
                .option("js.polyglot-builtin", "false")
                .option("js.graal-builtin", "true")
                .option("js.unhandled-rejections", "handler")
                .option("js.shared-array-buffer", "false")
                .option("js.string-length-limit", "67108864");
        if (limits.statements() > 0) {
            builder.resourceLimits(ResourceLimits.newBuilder()
                    .statementLimit(limits.statements(), null)
                    .build());
        }
        return builder.build();
    }

    @Override
    public void close() {
        clock.shutdownNow();
        threads.shutdownNow();
        overseer.close();
        engine.close(true);
    }
}

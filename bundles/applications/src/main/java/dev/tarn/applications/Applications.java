// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Language;
import dev.tarn.api.application.Site;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.Roles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deploys application folders, and deploys them again when a file changes. Those that are there at the start are deployed
 * before the service exists. Looks at the folders on a thread of its own; answers for static files on any.
 */
@Component(
        service = {Site.class, Applications.class, BooleanSupplier.class},
        configurationPid = "dev.tarn.applications",
        property = "tarn.settled=applications",
        immediate = true)
@Designate(ocd = Applications.Config.class)
public final class Applications implements Site, BooleanSupplier {

    /** Where applications are. */
    @ObjectClassDefinition(name = "Applications", description = "Which folders are deployed as applications")
    public @interface Config {
        @AttributeDefinition(description = "Folders that are applications")
        String[] folders() default {};

        @AttributeDefinition(description = "A folder whose folders are applications; empty for none")
        String directory() default "";

        @AttributeDefinition(description = "How often folders are looked at, 50ms to 60s")
        String interval() default "300ms";
    }

    private static final Logger LOG = LoggerFactory.getLogger(Applications.class);

    private static final Pattern INTERVAL = Pattern.compile("([0-9]{1,5})(ms|s)");

    private final AtomicReference<List<Application>> serving = new AtomicReference<>(List.of());
    private final @Nullable BundleContext framework;
    private final AtomicInteger languages = new AtomicInteger();

    /** Tasks of the thread that deploys after which more may be deployed. */
    private final AtomicInteger busy = new AtomicInteger();

    private final Watch watch;
    private final ScheduledThreadPoolExecutor thread;
    private final int interval;

    /** Deploys nothing before {@link #begin}, so that languages that are there come first. */
    @Activate
    public Applications(
            BundleContext framework,
            @Reference Tables tables,
            @Reference Roles roles,
            @Reference Transactions transactions,
            @Reference DataLoader loader,
            Config config) {
        this(
                framework,
                new Watch.Services(
                        tables, roles, Optional.of(loader), Boolean.parseBoolean(framework.getProperty("tarn.debug"))),
                transactions,
                config);
    }

    /** In plain Java: what is there is deployed at once. */
    public Applications(Tables tables, Roles roles, Transactions transactions, DataLoader loader, Config config) {
        this(tables, roles, transactions, Optional.of(loader), config);
    }

    /** @param loader absent where nobody's data files are read */
    Applications(Tables tables, Roles roles, Transactions transactions, Optional<DataLoader> loader, Config config) {
        this(null, new Watch.Services(tables, roles, loader, false), transactions, config);
        watch.start();
        next(interval);
    }

    private Applications(
            @Nullable BundleContext framework, Watch.Services services, Transactions transactions, Config config) {
        this.framework = framework;
        interval = milliseconds(config.interval());
        List<Path> folders = Arrays.stream(config.folders())
                .filter(folder -> !folder.isBlank())
                .map(Path::of)
                .toList();
        Optional<Path> directory =
                Optional.of(config.directory()).filter(text -> !text.isBlank()).map(Path::of);
        watch = new Watch(services, folders, directory, serving::set);
        watch.add(new JavaCode(transactions));
        thread = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread daemon = new Thread(task, "tarn-applications");
                    daemon.setDaemon(true);
                    return daemon;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** What is deployed is written down from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setAudit(Audit trail) {
        watch.audit().set(trail);
    }

    /** It no longer is. */
    public void unsetAudit(Audit trail) {
        watch.audit().compareAndSet(trail, null);
    }

    /** Deploys what is there. */
    @Activate
    public void begin() {
        meanwhile(watch::start);
        next(interval);
    }

    /** Does something on the thread that deploys; nothing is settled until it is done. */
    private void meanwhile(Runnable work) {
        busy.incrementAndGet();
        thread.execute(() -> {
            try {
                work.run();
            } catch (RuntimeException | Error bug) {
                LOG.error("deploying applications failed", bug);
            } finally {
                busy.decrementAndGet();
            }
        });
    }

    /** Whether everything that was there at the start, or came with a language, is deployed or refused. */
    @Override
    public boolean getAsBoolean() {
        return busy.get() == 0 && languages.get() >= offered();
    }

    /** Languages that there are, whether or not they have been told of. */
    private int offered() {
        try {
            return framework == null
                    ? 0
                    : framework.getServiceReferences(Language.class, null).size();
        } catch (InvalidSyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Code in this language is run from now on. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addLanguage(Language language) {
        watch.add(language);
        meanwhile(watch::again);
        languages.incrementAndGet();
    }

    /** New versions with code in this language are refused from now on; what serves goes on. */
    public void removeLanguage(Language language) {
        watch.remove(language);
        languages.decrementAndGet();
    }

    /** Something to be done on the thread that deploys. */
    interface Work<T> {
        T done() throws IOException;
    }

    /** Does it, after what is being deployed. Fails with UNAVAILABLE when this is stopping. */
    <T> CompletableFuture<T> then(Work<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                answer.complete(work.done());
            } catch (IOException failure) {
                answer.completeExceptionally(new Failure(Failure.Code.UNAVAILABLE, failure.toString()));
            } catch (RuntimeException | Error failure) {
                // Also what a virtual machine says of classes that do not fit: whoever waits is to hear of it.
                answer.completeExceptionally(failure);
            }
        };
        if (thread.isShutdown()) {
            answer.completeExceptionally(new Failure(Failure.Code.UNAVAILABLE, "the server is stopping"));
        } else {
            thread.execute(task);
        }
        return answer;
    }

    /** All applications. */
    CompletableFuture<List<Map<String, Object>>> list() {
        return then(watch::list);
    }

    /** Deploys what was uploaded; what is wrong with it is thrown, and the former version goes on. */
    CompletableFuture<Integer> deploy(String name, byte[] archive) {
        return then(() -> {
            int version = watch.shelf().add(name, archive);
            boolean serves = false;
            try {
                watch.serve(name, version);
                serves = true;
            } finally {
                if (!serves) {
                    watch.shelf().drop(name, version);
                }
            }
            return version;
        });
    }

    /** Goes back to the version before the one that serves. */
    CompletableFuture<Integer> rollBack(String name) {
        return then(() -> {
            int version = watch.shelf().previous(name);
            watch.serve(name, version);
            return version;
        });
    }

    /** Takes an application away. */
    CompletableFuture<Boolean> undeploy(String name) {
        return then(() -> {
            watch.remove(name);
            return true;
        });
    }

    private static int milliseconds(String interval) {
        Matcher matcher = INTERVAL.matcher(interval);
        int milliseconds = matcher.matches()
                ? Integer.parseInt(matcher.group(1)) * (matcher.group(2).equals("s") ? 1_000 : 1)
                : 0;
        if (milliseconds < 50 || milliseconds > 60_000) {
            throw new IllegalArgumentException("applications.interval is 50ms to 60s, not " + interval);
        }
        return milliseconds;
    }

    private void next(long milliseconds) {
        thread.schedule(this::look, milliseconds, TimeUnit.MILLISECONDS);
    }

    private void look() {
        long took = 0;
        try {
            took = watch.look();
        } catch (RuntimeException | Error bug) {
            // Whatever it was, the next look comes.
            LOG.error("looking at application folders failed", bug);
        }
        // Large folders are looked at less often, so that at most a twentieth of the time goes into it.
        next(Math.max(interval, TimeUnit.NANOSECONDS.toMillis(took) * 20));
    }

    private List<Application> serving() {
        return Objects.requireNonNull(serving.get());
    }

    @Override
    public boolean has(String path) {
        for (Application application : serving()) {
            if (application.site().has(path)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Optional<File> file(String path) {
        for (Application application : serving()) {
            Optional<File> file = application.site().file(path);
            if (file.isPresent()) {
                return file;
            }
        }
        return Optional.empty();
    }

    /** Takes all applications away. */
    @Deactivate
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("an application is still being deployed; its tables may stay until the next start");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        watch.stop();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the installed bundles equal to the jars in some folders: what is dropped there runs within a second, what is
 * replaced is updated, what is deleted is uninstalled. A jar that fails is told in the log and harms nobody; it is tried
 * again when the file changes or another bundle comes. All work is done on one thread once {@link #follow} was called.
 */
final class Deployments implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("dev.tarn.deploy");
    private static final long LOOK_EVERY_MILLIS = 250;
    private static final long REFRESH_SECONDS = 30;

    private final BundleContext context;
    private final List<Path> folders;
    private final Map<Path, Deployed> deployed = new HashMap<>();
    private final Map<Path, Stamp> changing = new HashMap<>();

    /** Bundles that were started once; touched by the thread only. */
    private final Set<Bundle> asked = new HashSet<>();

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "tarn-deploy");
        made.setDaemon(true);
        return made;
    });

    /** What tells one content of a file from the next. */
    private record Stamp(FileTime modified, long size, Object key) {
        static Stamp of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stamp(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
        }
    }

    /** A file that was tried: its bundle, or none when it could not be installed; and what is known to be wrong. */
    private record Deployed(Stamp stamp, List<Bundle> bundle, String problem) {}

    Deployments(BundleContext context, List<Path> folders) {
        this.context = context;
        this.folders = List.copyOf(folders);
    }

    /** Installs what is there now and marks it to be started; returns the bundles. */
    List<Bundle> begin() {
        look(false);
        List<Bundle> bundles = new ArrayList<>();
        deployed.values().forEach(each -> bundles.addAll(each.bundle()));
        return bundles;
    }

    /** Tells what did not start, then looks again and again until closed. */
    void follow() {
        thread.execute(this::startAll);
        thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        look(true);
                    } catch (RuntimeException bug) {
                        LOG.error("looking at {} failed", folders, bug);
                    }
                },
                LOOK_EVERY_MILLIS,
                LOOK_EVERY_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void look(boolean settled) {
        Map<Path, Stamp> files = files();
        boolean changed = false;
        for (Path file : List.copyOf(deployed.keySet())) {
            if (!files.containsKey(file)) {
                changed |= remove(file);
            }
        }
        for (Map.Entry<Path, Stamp> file : files.entrySet()) {
            Deployed known = deployed.get(file.getKey());
            if (known != null && known.stamp().equals(file.getValue())) {
                changing.remove(file.getKey());
            } else if (!settled || file.getValue().equals(changing.put(file.getKey(), file.getValue()))) {
                // Unchanged since the last look: whoever writes it has finished.
                changing.remove(file.getKey());
                changed |= put(file.getKey(), file.getValue(), known);
            }
        }
        if (changed) {
            refresh();
            startAll();
        }
    }

    private Map<Path, Stamp> files() {
        Map<Path, Stamp> files = new LinkedHashMap<>();
        for (Path folder : folders) {
            try {
                for (Path file : Image.in(folder)) {
                    files.put(file, Stamp.of(file));
                }
            } catch (NoSuchFileException gone) {
                LOG.debug("file={} went while it was looked at", gone.getFile());
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return files;
    }

    private boolean remove(Path file) {
        Deployed gone = deployed.remove(file);
        if (gone == null || gone.bundle().isEmpty()) {
            return false;
        }
        Bundle bundle = gone.bundle().get(0);
        asked.remove(bundle);
        try {
            bundle.uninstall();
            LOG.info("uninstalled bundle={} version={} file={}", bundle.getSymbolicName(), bundle.getVersion(), file);
        } catch (BundleException | IllegalStateException failure) {
            LOG.error("bundle {} cannot be uninstalled: {}", bundle.getSymbolicName(), Cause.line(failure));
        }
        return true;
    }

    private boolean put(Path file, Stamp stamp, @org.jspecify.annotations.Nullable Deployed known) {
        try (InputStream in = Files.newInputStream(file)) {
            if (known != null && !known.bundle().isEmpty()) {
                Bundle bundle = known.bundle().get(0);
                bundle.update(in);
                deployed.put(file, new Deployed(stamp, known.bundle(), ""));
                LOG.info("updated bundle={} version={} file={}", bundle.getSymbolicName(), bundle.getVersion(), file);
            } else {
                Bundle bundle = context.installBundle("deploy:" + file, in);
                bundle.adapt(BundleStartLevel.class).setStartLevel(Image.PROTOCOLS);
                deployed.put(file, new Deployed(stamp, List.of(bundle), ""));
                if (bundle.getSymbolicName() == null) {
                    bundle.uninstall();
                    throw new BundleException("it has no Bundle-SymbolicName and so is not a bundle");
                }
                LOG.debug(
                        "installed bundle={} version={} file={}", bundle.getSymbolicName(), bundle.getVersion(), file);
            }
            return true;
        } catch (IOException | BundleException failure) {
            List<Bundle> bundle = known == null ? List.of() : known.bundle();
            deployed.put(file, new Deployed(stamp, bundle, Cause.line(failure)));
            LOG.error("{} cannot be installed: {}", file, Cause.line(failure));
            return false;
        }
    }

    /** Lets go of the classes of what was updated or uninstalled. */
    private void refresh() {
        FrameworkWiring wiring = context.getBundle().adapt(FrameworkWiring.class);
        if (wiring.getRemovalPendingBundles().isEmpty()) {
            return;
        }
        CountDownLatch refreshed = new CountDownLatch(1);
        wiring.refreshBundles(null, event -> {
            if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                refreshed.countDown();
            }
        });
        try {
            if (!refreshed.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("bundles are still being refreshed after {} s", REFRESH_SECONDS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void startAll() {
        for (Map.Entry<Path, Deployed> entry : Map.copyOf(deployed).entrySet()) {
            for (Bundle bundle : entry.getValue().bundle()) {
                start(entry.getKey(), entry.getValue(), bundle);
            }
        }
    }

    private void start(Path file, Deployed entry, Bundle bundle) {
        int state = bundle.getState();
        if (state == Bundle.ACTIVE
                || state == Bundle.UNINSTALLED
                || bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null
                || stopped(bundle)) {
            return;
        }
        try {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
            if (bundle.getState() == Bundle.ACTIVE) {
                LOG.info("started bundle={} version={} file={}", bundle.getSymbolicName(), bundle.getVersion(), file);
            }
        } catch (BundleException failure) {
            String problem = Readiness.unstarted(bundle, failure);
            if (!problem.equals(entry.problem())) {
                deployed.put(file, new Deployed(entry.stamp(), entry.bundle(), problem));
                LOG.error("{} ({})", problem, file);
            }
        }
    }

    /** Whether somebody has stopped it since it was started here: it stays so until somebody starts it. */
    private boolean stopped(Bundle bundle) {
        return !asked.add(bundle) && !bundle.adapt(BundleStartLevel.class).isPersistentlyStarted();
    }

    /** Looks no more; returns once a look that is under way has ended, or after some seconds. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(REFRESH_SECONDS / 3, TimeUnit.SECONDS)) {
                LOG.warn("a deployment is still under way");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
 * A jar in a watched folder and its bundle. A jar that takes the place of a bundle that runs is tried beside it first; when
 * it then does not start, the bundle gets its former content back. For one thread at a time.
 */
final class DeployedFile {
    private static final Logger LOG = LoggerFactory.getLogger("dev.tarn.deploy");

    private final Path file;
    private final Framework framework;

    /** A copy of what the file is now. */
    private final Path next;

    /** A copy of what the bundle is now. */
    private final Path current;

    private @Nullable Bundle bundle;
    private String mark = "";

    /** Why the bundle is not what the file is; empty when it is. */
    private String refused = "";

    /** Why the bundle does not run; empty when it does, or was stopped. */
    private String failing = "";

    /** Whether it cannot be there for the lack of something that may come. */
    private boolean lacking;

    /** Whether it was started here once; who stops it then wants it stopped. */
    private boolean asked;

    /** What bundles are deployed in. */
    static final class Framework {
        private static final long REFRESH_SECONDS = 30;

        final BundleContext context;
        final Trial trial;
        private int files;

        Framework(BundleContext context) {
            this.context = context;
            this.trial = new Trial(context);
        }

        /** A place for a copy, so that a file that changes again is no matter; gone at the next start. */
        Path copy() {
            files++;
            return Objects.requireNonNull(context.getDataFile("deployed-" + files + ".jar"), "the cache is a folder")
                    .toPath();
        }

        /** Lets go of the classes of what was updated or uninstalled. */
        void refresh() {
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
    }

    DeployedFile(Path file, Framework framework) {
        this.file = file;
        this.framework = framework;
        this.next = framework.copy();
        this.current = framework.copy();
    }

    Path file() {
        return file;
    }

    /** What was tried last; see {@link Deployments#mark}. */
    String mark() {
        return mark;
    }

    boolean lacking() {
        return lacking;
    }

    Optional<Bundle> bundle() {
        return Optional.ofNullable(bundle);
    }

    Map<String, String> told() {
        return Map.of(
                "content",
                mark,
                "bundle",
                bundle == null ? "" : bundle.getSymbolicName(),
                "problem",
                refused.isEmpty() ? failing : refused);
    }

    /** Installs or updates the bundle from what the file is now; returns whether something has changed. */
    boolean take(String now) {
        String before = now.equals(mark) ? refused : "";
        boolean told = !refused.isEmpty();
        mark = now;
        lacking = false;
        refused = "";
        try {
            Files.createDirectories(next.toAbsolutePath().getParent());
            Files.copy(file, next, StandardCopyOption.REPLACE_EXISTING);
            if (bundle != null && told && Files.mismatch(next, current) < 0) {
                // The former content is back.
                return false;
            } else if (bundle == null) {
                install();
            } else {
                update(bundle);
            }
            Files.move(next, current, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (IOException | BundleException failure) {
            lacking = failure instanceof Trial.Lacking;
            refused = Cause.line(failure);
            if (!refused.equals(before)) {
                String stays = bundle == null
                        ? ""
                        : "; " + bundle.getSymbolicName() + " " + bundle.getVersion() + " stays as it is";
                LOG.error("{} cannot be installed: {}{}", file, refused, stays);
            }
            framework.refresh();
            return false;
        }
    }

    private void install() throws IOException, BundleException {
        Bundle made;
        try (InputStream in = Files.newInputStream(next)) {
            made = framework.context.installBundle("deploy:" + file, in);
        }
        try {
            framework.trial.named(made);
            framework.trial.alone(made);
        } catch (BundleException refused) {
            made.uninstall();
            throw refused;
        }
        made.adapt(BundleStartLevel.class).setStartLevel(Image.PROTOCOLS);
        bundle = made;
        LOG.debug("installed bundle={} version={} file={}", made.getSymbolicName(), made.getVersion(), file);
    }

    private void update(Bundle present) throws IOException, BundleException {
        boolean serves =
                present.getState() == Bundle.ACTIVE && readiness(present).isEmpty();
        if (serves) {
            framework.trial.resolve(next, present);
        }
        content(present, next);
        String failure = serves ? started(present) : "";
        if (!failure.isEmpty()) {
            content(present, current);
            String worse = started(present);
            if (!worse.isEmpty()) {
                LOG.error("{}, and its former content does not run any more: {}", file, worse);
            }
            throw new BundleException(failure);
        }
        LOG.info("updated bundle={} version={} file={}", present.getSymbolicName(), present.getVersion(), file);
    }

    private void content(Bundle present, Path jar) throws IOException, BundleException {
        if (present.getState() == Bundle.ACTIVE) {
            // Else it would be started twice: by the update, and when its old classes are let go.
            present.stop(Bundle.STOP_TRANSIENT);
        }
        try (InputStream in = Files.newInputStream(jar)) {
            present.update(in);
        }
        framework.refresh();
    }

    /** Starts it; returns why it does not run, empty when it does. */
    private String started(Bundle present) {
        try {
            if (present.getState() != Bundle.ACTIVE) {
                present.start(Bundle.START_ACTIVATION_POLICY);
            }
            return readiness(present);
        } catch (BundleException failure) {
            return Readiness.unstarted(present, failure);
        }
    }

    /** What its components lack, empty when nothing. */
    private String readiness(Bundle present) {
        return Readiness.problem(framework.context, present).orElse("");
    }

    /** Starts the bundle unless it runs or somebody has stopped it; what fails is told once. */
    void start() {
        Bundle present = bundle;
        if (present == null
                || present.getState() == Bundle.UNINSTALLED
                || present.getHeaders("").get(Constants.FRAGMENT_HOST) != null) {
            return;
        }
        boolean running = present.getState() == Bundle.ACTIVE;
        if (!running && asked && !present.adapt(BundleStartLevel.class).isPersistentlyStarted()) {
            return;
        }
        asked = true;
        String failure = started(present);
        if (!failure.isEmpty() && !failure.equals(failing)) {
            LOG.error("{} ({})", failure, file);
        } else if (failure.isEmpty() && present.getState() == Bundle.ACTIVE && !running) {
            LOG.info("started bundle={} version={} file={}", present.getSymbolicName(), present.getVersion(), file);
        }
        failing = failure;
    }

    /** Uninstalls it; returns whether something has changed. */
    boolean remove() {
        try {
            Files.deleteIfExists(next);
            Files.deleteIfExists(current);
            if (bundle == null) {
                return true;
            }
            bundle.uninstall();
            LOG.info("uninstalled bundle={} version={} file={}", bundle.getSymbolicName(), bundle.getVersion(), file);
        } catch (IOException | BundleException | IllegalStateException failure) {
            LOG.error("{} is gone, its bundle not quite: {}", file, Cause.line(failure));
        }
        return true;
    }
}

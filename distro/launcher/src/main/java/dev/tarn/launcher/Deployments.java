// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the installed bundles equal to the jars in some folders: what is dropped there runs within a second, what is
 * replaced is updated, what is deleted is uninstalled. A jar that fails is told in the log and to whoever asks the service
 * {@value #TOLD}, and harms nobody, not even the bundle that it should replace; it is tried again when the file changes,
 * and one that lacks something also when another bundle comes or goes. All work is done on one thread once {@link #follow}
 * was called.
 */
final class Deployments implements AutoCloseable {
    /**
     * Marks the service, a {@code Supplier} of one entry for each file by its path: {@code content}, a mark of what was
     * tried; {@code bundle}, a symbolic name or nothing; {@code problem}, in one line, empty when it runs.
     */
    static final String TOLD = "tarn.deployments";

    private static final Logger LOG = LoggerFactory.getLogger("dev.tarn.deploy");
    private static final long LOOK_EVERY_MILLIS = 250;
    private static final long PATIENCE_SECONDS = 10;

    private final BundleContext context;
    private final List<Path> folders;
    private final DeployedFile.Framework framework;
    private final Map<Path, DeployedFile> deployed = new LinkedHashMap<>();
    private final Map<Path, String> changing = new TreeMap<>();

    /** Jars that are applications, by what their content was. */
    private final Map<Path, String> applications = new TreeMap<>();

    private final AtomicReference<Map<String, Map<String, String>>> told = new AtomicReference<>(Map.of());

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "tarn-deploy");
        made.setDaemon(true);
        return made;
    });

    Deployments(BundleContext context, List<Path> folders) {
        this.context = context;
        this.folders = List.copyOf(folders);
        this.framework = new DeployedFile.Framework(context);
    }

    /** What tells one content of a file from the next. */
    static String mark(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return attributes.lastModifiedTime().toMillis() + ":" + attributes.size() + ":" + attributes.fileKey();
    }

    /** Installs what is there now and marks it to be started; returns the bundles. */
    List<Bundle> begin() {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(TOLD, true);
        Supplier<Map<String, Map<String, String>>> tell = told::get;
        context.registerService(Supplier.class, tell, properties);
        look(false);
        return deployed.values().stream()
                .flatMap(each -> each.bundle().stream())
                .toList();
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

    /** Looks once; {@code settled} leaves out files that have changed since the last look. */
    void look(boolean settled) {
        Map<Path, String> files = files();
        boolean changed = false;
        for (DeployedFile known : List.copyOf(deployed.values())) {
            if (!files.containsKey(known.file())) {
                deployed.remove(known.file());
                changed |= known.remove();
            }
        }
        for (Map.Entry<Path, String> file : files.entrySet()) {
            DeployedFile known = deployed.get(file.getKey());
            if (known != null && known.mark().equals(file.getValue())) {
                changing.remove(file.getKey());
            } else if (!settled || file.getValue().equals(changing.put(file.getKey(), file.getValue()))) {
                // Unchanged since the last look: whoever writes it has finished.
                changing.remove(file.getKey());
                changed |= deployed.computeIfAbsent(file.getKey(), path -> new DeployedFile(path, framework))
                        .take(file.getValue());
            }
        }
        if (changed) {
            framework.refresh();
            startAll();
            lacking();
        }
        tell();
    }

    /** What lacked something may have it now, and then others may. */
    private void lacking() {
        boolean changed = true;
        for (int i = 0; changed && i < deployed.size(); i++) {
            changed = false;
            for (DeployedFile each : deployed.values()) {
                changed |= each.lacking() && each.take(each.mark());
            }
            if (changed) {
                framework.refresh();
                startAll();
            }
        }
    }

    private Map<Path, String> files() {
        Map<Path, String> files = new LinkedHashMap<>();
        for (Path folder : folders) {
            try {
                for (Path file : Image.in(folder)) {
                    String mark = mark(file);
                    if (!isApplication(file, mark)) {
                        files.put(file, mark);
                    }
                }
            } catch (NoSuchFileException gone) {
                LOG.debug("file={} went while it was looked at", gone.getFile());
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return files;
    }

    /** Whether somebody else deploys it; looked into once for each content. */
    private boolean isApplication(Path file, String mark) {
        DeployedFile known = deployed.get(file);
        if (known != null && known.mark().equals(mark)) {
            return false;
        }
        if (mark.equals(applications.get(file))) {
            return true;
        }
        boolean application = Image.isApplication(file);
        if (application) {
            applications.put(file, mark);
        }
        return application;
    }

    private void startAll() {
        new ArrayList<>(deployed.values()).forEach(DeployedFile::start);
        tell();
    }

    private void tell() {
        Map<String, Map<String, String>> all = new TreeMap<>();
        deployed.values().forEach(each -> all.put(each.file().toString(), each.told()));
        told.set(Map.copyOf(all));
    }

    /** Looks no more; returns once a look that is under way has ended, or after some seconds. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a deployment is still under way");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

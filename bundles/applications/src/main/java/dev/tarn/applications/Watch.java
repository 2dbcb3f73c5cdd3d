// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Tables;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is deployed equal to what is in the folders. A change is acted on once two looks in a row agree, so that a
 * copy that is under way is not read half. For one thread at a time.
 */
final class Watch {

    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

    /** What is known of one folder. */
    private static final class Watched {
        final String name;
        final boolean given;

        /** At the last look; null when it was not there. */
        @Nullable
        Folder seen;

        /** When it was last deployed, with success or without. */
        @Nullable
        Folder tried;

        @Nullable
        Application serving;

        /** The last complaint, so that it is made once. */
        @Nullable
        String complaint;

        Watched(String name, boolean given) {
            this.name = name;
            this.given = given;
        }
    }

    private final Tables tables;
    private final List<Path> given;
    private final Optional<Path> directory;
    private final Consumer<List<Application>> serving;
    private final Map<Path, Watched> watched = new LinkedHashMap<>();
    private final Set<Path> doubles = new HashSet<>();

    /**
     * Watches nothing yet.
     *
     * @param given folders that are applications
     * @param directory the folder whose folders are applications
     * @param serving is told what is deployed, by name, after every change
     */
    Watch(Tables tables, List<Path> given, Optional<Path> directory, Consumer<List<Application>> serving) {
        this.tables = tables;
        this.given = given;
        this.directory = directory;
        this.serving = serving;
    }

    /** Deploys what is there. */
    void start() {
        look(true);
    }

    /** Acts on what has changed. */
    void look() {
        look(false);
    }

    private void look(boolean atOnce) {
        given.forEach(folder -> know(folder, true));
        inDirectory().forEach(folder -> know(folder, false));
        for (Map.Entry<Path, Watched> entry : List.copyOf(watched.entrySet())) {
            look(entry.getKey(), entry.getValue(), atOnce);
        }
    }

    private void know(Path folder, boolean isGiven) {
        Path absolute = folder.toAbsolutePath().normalize();
        if (watched.containsKey(absolute)) {
            return;
        }
        String name = Objects.toString(absolute.getFileName(), "root");
        if (watched.values().stream().anyMatch(other -> other.name.equals(name))) {
            if (doubles.add(absolute)) {
                LOG.warn("application={} folder={} is passed over: another folder has the same name", name, absolute);
            }
            return;
        }
        doubles.remove(absolute);
        watched.put(absolute, new Watched(name, isGiven));
    }

    private List<Path> inDirectory() {
        List<Path> folders = new ArrayList<>();
        if (directory.isPresent() && Files.isDirectory(directory.get())) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory.get())) {
                for (Path entry : entries) {
                    if (Files.isDirectory(entry)
                            && !entry.getFileName().toString().startsWith(".")) {
                        folders.add(entry);
                    }
                }
            } catch (IOException | java.nio.file.DirectoryIteratorException unreadable) {
                LOG.warn("directory={} cannot be read: {}", directory.get(), unreadable.toString());
            }
            folders.sort(null);
        }
        return folders;
    }

    private void look(Path path, Watched one, boolean atOnce) {
        Folder now = null;
        String trouble = null;
        try {
            now = Files.isDirectory(path) ? Folder.list(path) : null;
        } catch (IOException unreadable) {
            trouble = unreadable.toString();
        }
        boolean settled = atOnce || Objects.equals(now, one.seen);
        one.seen = now;
        if (trouble != null) {
            complain(one, trouble);
        } else if (now == null || !Application.isOne(now)) {
            if (settled) {
                gone(path, one, now != null);
            }
        } else if (settled && !now.equals(one.tried)) {
            one.tried = now;
            deploy(one, now);
        }
    }

    private void gone(Path path, Watched one, boolean there) {
        one.tried = null;
        if (one.serving != null) {
            tables.undeploy(one.name);
            one.serving = null;
            tell();
            LOG.info("application={} undeployed", one.name);
        }
        if (there) {
            complain(one, "no application: it has neither config.yaml nor a .graphql file");
        } else if (one.given) {
            complain(one, "there is no folder " + path);
        } else {
            watched.remove(path);
        }
    }

    private void deploy(Watched one, Folder folder) {
        long before = System.nanoTime();
        Findings findings = new Findings();
        try {
            Application next = Application.read(one.name, folder, findings);
            findings.warnings().forEach(finding -> LOG.warn("application={} {}", one.name, finding));
            if (findings.refused()) {
                findings.errors().forEach(finding -> complain(one, finding.toString()));
                return;
            }
            Application last = one.serving;
            if (last == null || !last.tables().equals(next.tables())) {
                tables.deploy(one.name, next.tables());
            }
            one.serving = next;
            one.complaint = null;
            tell();
            LOG.info(
                    "application={} deployed tables={} files={} milliseconds={}",
                    one.name,
                    next.tables().size(),
                    next.site().size(),
                    (System.nanoTime() - before) / 1_000_000);
        } catch (Failure refused) {
            if (refused.violations().isEmpty()) {
                complain(one, refused.reason());
            }
            refused.violations().forEach(violation -> complain(one, findings.located(violation)));
        } catch (IOException unreadable) {
            // The folder changed while it was being read, or cannot be read: in the first case the next look differs.
            complain(one, unreadable.toString());
        } catch (RuntimeException bug) {
            LOG.error("application={} not deployed, the last version keeps serving", one.name, bug);
        }
    }

    private void complain(Watched one, String reason) {
        if (!reason.equals(one.complaint)) {
            one.complaint = reason;
            LOG.warn(
                    "application={} not deployed: {}{}",
                    one.name,
                    reason,
                    one.serving == null ? "" : " (the last version keeps serving)");
        }
    }

    private void tell() {
        Map<String, Application> byName = new TreeMap<>();
        for (Watched one : watched.values()) {
            if (one.serving != null) {
                byName.put(one.name, one.serving);
            }
        }
        serving.accept(List.copyOf(byName.values()));
    }

    /** Takes everything away. */
    void stop() {
        for (Watched one : watched.values()) {
            if (one.serving != null) {
                tables.undeploy(one.name);
                one.serving = null;
            }
        }
        tell();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Language;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.security.Roles;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is deployed equal to what is in the folders. A change is acted on once two looks in a row agree, so that a
 * copy that is under way is not read half. A version is read, checked and loaded beside the one that serves, and takes its
 * place at once; one that fails leaves it alone. For one thread at a time.
 */
final class Watch {

    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

    /** Where an application's files are. */
    private enum Place {
        /** A folder that was named; its files are somebody's work, of which no copies are kept. */
        GIVEN,
        /** A version on the shelf. */
        SHELF,
        /** A folder in the watched one. */
        DIRECTORY
    }

    private record Found(Path folder, Place place) {}

    /** What is known of one application. */
    private static final class Watched {
        final String name;

        @Nullable
        Found found;

        /** At the last look; null when it was not there. */
        @Nullable
        Folder seen;

        /** When it was last deployed, with success or without. */
        @Nullable
        Folder tried;

        @Nullable
        Application serving;

        @Nullable
        Code code;

        /** When the version that serves began to, in milliseconds since 1970. */
        long since;

        /** The last complaint, so that it is made once. */
        @Nullable
        String complaint;

        /** What is wrong with what was tried last. */
        List<String> problems = List.of();

        Watched(String name) {
            this.name = name;
        }
    }

    /** Where an application's parts go. */
    record Services(Tables tables, Roles roles, Optional<DataLoader> loader) {}

    private final Tables tables;
    private final Roles roles;
    private final Optional<DataLoader> loader;
    private final List<Path> given;
    private final Optional<Path> directory;
    private final Shelf shelf;
    private final Consumer<List<Application>> serving;
    private final Map<String, Watched> watched = new LinkedHashMap<>();
    private final Set<Path> doubles = new HashSet<>();
    private final List<Language> languages = new CopyOnWriteArrayList<>();

    /**
     * Watches nothing yet.
     *
     * @param given folders that are applications
     * @param directory the folder whose folders are applications
     * @param serving is told what is deployed, by name, after every change
     */
    Watch(Services services, List<Path> given, Optional<Path> directory, Consumer<List<Application>> serving) {
        this.tables = services.tables();
        this.roles = services.roles();
        this.loader = services.loader();
        this.given = given;
        this.directory = directory;
        this.shelf = new Shelf(directory);
        this.serving = serving;
    }

    Shelf shelf() {
        return shelf;
    }

    /** Understands one language more. Any thread. */
    void add(Language language) {
        languages.add(language);
    }

    /** Understands it no longer. Any thread. */
    void remove(Language language) {
        languages.remove(language);
    }

    /** Tries again what could not be deployed: a language has come. */
    void again() {
        for (Watched one : watched.values()) {
            if (!one.problems.isEmpty()) {
                one.tried = null;
            }
        }
        look();
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
        Map<String, Found> there = there();
        there.keySet().forEach(name -> watched.computeIfAbsent(name, Watched::new));
        for (Watched one : List.copyOf(watched.values())) {
            Found found = there.get(one.name);
            if (found == null) {
                one.seen = null;
                gone(one, null);
            } else {
                one.found = found;
                look(found, one, atOnce);
            }
        }
    }

    /** What is an application by its place: folders that were named, then what is on the shelf, then what was dropped. */
    private Map<String, Found> there() {
        Map<String, Found> there = new LinkedHashMap<>();
        given.forEach(folder -> know(there, folder, Place.GIVEN));
        shelf.current().forEach((name, folder) -> there.putIfAbsent(name, new Found(folder, Place.SHELF)));
        inDirectory().forEach(folder -> know(there, folder, Place.DIRECTORY));
        return there;
    }

    private void know(Map<String, Found> there, Path folder, Place place) {
        Path absolute = folder.toAbsolutePath().normalize();
        String name = Objects.toString(absolute.getFileName(), "root");
        Found first = there.putIfAbsent(name, new Found(absolute, place));
        if (first == null) {
            doubles.remove(absolute);
        } else if (!first.folder().equals(absolute) && doubles.add(absolute)) {
            LOG.warn(
                    "application={} folder={} is passed over: {}",
                    name,
                    absolute,
                    first.place() == Place.SHELF
                            ? "another version was deployed or rolled back to; undeploy that first"
                            : "another folder has the same name");
        }
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

    private void look(Found found, Watched one, boolean atOnce) {
        Folder now = null;
        String trouble = null;
        try {
            now = Files.isDirectory(found.folder()) ? Folder.list(found.folder()) : null;
        } catch (IOException unreadable) {
            trouble = unreadable.toString();
        }
        boolean settled = atOnce || Objects.equals(now, one.seen);
        one.seen = now;
        if (trouble != null) {
            complain(one, List.of(trouble));
        } else if (now == null || !Application.isOne(now)) {
            if (settled) {
                gone(one, now);
            }
        } else if (settled && !now.equals(one.tried)) {
            take(one, now);
        }
    }

    /** Deploys what is in a folder, and keeps a copy of what was dropped, so that it can be come back to. */
    private void take(Watched one, Folder now) {
        one.tried = now;
        if (deploy(one, now) && one.found != null && one.found.place() == Place.DIRECTORY) {
            try {
                shelf.keep(one.name, now);
            } catch (IOException full) {
                LOG.warn("application={} no copy is kept to roll back to: {}", one.name, full.toString());
            }
        }
    }

    private void gone(Watched one, @Nullable Folder there) {
        Found found = one.found;
        one.tried = null;
        if (one.serving != null) {
            end(one);
            roles.deploy(one.name, List.of());
            tell();
            LOG.info("application={} undeployed", one.name);
        }
        if (there != null) {
            complain(one, List.of("no application: it has neither config.yaml nor a .graphql file"));
        } else if (found != null && found.place() == Place.GIVEN) {
            complain(one, List.of("there is no folder " + found.folder()));
        } else {
            watched.remove(one.name);
        }
    }

    private void end(Watched one) {
        tables.undeploy(one.name);
        one.serving = null;
        if (one.code != null) {
            one.code.replaced();
            one.code = null;
        }
    }

    /** Puts a folder's application in the place of what serves; when it fails, that goes on. */
    private boolean deploy(Watched one, Folder folder) {
        long before = System.nanoTime();
        Findings findings = new Findings();
        Code code = null;
        boolean done = false;
        try {
            Set<String> understood = new HashSet<>();
            languages.forEach(language -> understood.addAll(language.sections()));
            Application next = Application.read(one.name, folder, findings, understood);
            List<DataFile> data = loader.isPresent() ? loader.get().read(folder, next.data(), findings) : List.of();
            findings.warnings().forEach(finding -> LOG.warn("application={} {}", one.name, finding));
            if (findings.refused()) {
                complain(
                        one,
                        findings.errors().stream()
                                .map(Findings.Finding::toString)
                                .toList());
                return false;
            }
            code = Code.load(next, folder, List.copyOf(languages));
            Application last = one.serving;
            if (last == null || !last.roles().equals(next.roles())) {
                roles.deploy(one.name, next.roles());
            }
            Code former = one.code;
            if (last == null
                    || code.any()
                    || former == null
                    || former.any()
                    || !last.tables().equals(next.tables())) {
                deployTables(one.name, last, code);
            }
            done = true;
            one.serving = next;
            one.code = code;
            one.complaint = null;
            one.problems = List.of();
            one.since = System.currentTimeMillis();
            tell();
            code.started();
            if (former != null) {
                former.replaced();
            }
            LOG.info(
                    "application={} deployed tables={} files={} milliseconds={}",
                    one.name,
                    code.tables().size(),
                    next.site().size(),
                    (System.nanoTime() - before) / 1_000_000);
            loader.ifPresent(into -> into.load(one.name, data));
        } catch (Failure refused) {
            complain(
                    one,
                    refused.violations().isEmpty()
                            ? List.of(refused.reason())
                            : refused.violations().stream()
                                    .map(findings::located)
                                    .toList());
        } catch (IOException unreadable) {
            // The folder changed while it was being read, or cannot be read: in the first case the next look differs.
            complain(one, List.of(unreadable.toString()));
        } catch (RuntimeException bug) {
            one.problems = List.of(bug.toString());
            LOG.error("application={} not deployed, the last version keeps serving", one.name, bug);
        } finally {
            if (!done && code != null) {
                code.discard();
            }
        }
        return done;
    }

    /** Both or none: roles are those of the version that serves. */
    private void deployTables(String name, @Nullable Application last, Code code) {
        try {
            tables.deploy(name, code.tables(), code.mounts());
        } catch (RuntimeException refused) {
            roles.deploy(name, last == null ? List.of() : last.roles());
            throw refused;
        }
    }

    private void complain(Watched one, List<String> reasons) {
        one.problems = reasons;
        for (String reason : reasons) {
            if (!reason.equals(one.complaint)) {
                one.complaint = reason;
                LOG.warn(
                        "application={} not deployed: {}{}",
                        one.name,
                        reason,
                        one.serving == null ? "" : " (the last version keeps serving)");
            }
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

    // What operators ask for

    /**
     * Deploys a version that is on the shelf, and makes it the one that serves from now on.
     *
     * @throws Failure INVALID with file, line and cause of all that is wrong; then everything is as it was
     */
    void serve(String name, int version) throws IOException {
        Path folder = shelf.folder(name, version);
        Watched one = watched.computeIfAbsent(name, Watched::new);
        Found before = one.found;
        if (before != null && before.place() == Place.GIVEN) {
            throw new Failure(Failure.Code.CONFLICT, name + " is served from " + before.folder());
        }
        Folder listed = Folder.list(folder);
        if (!deploy(one, listed)) {
            List<String> problems = one.problems;
            if (one.serving == null) {
                watched.remove(name);
            }
            throw new Failure(Failure.Code.INVALID, String.join("; ", problems), problems);
        }
        one.found = new Found(folder, Place.SHELF);
        one.seen = listed;
        one.tried = listed;
        shelf.current(name, version);
    }

    /** Takes an application away; what was dropped as a folder is kept under a hidden name. */
    void remove(String name) throws IOException {
        Watched one = watched.get(name);
        if (one == null || one.found == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no application " + name);
        }
        if (one.found.place() == Place.GIVEN) {
            throw new Failure(Failure.Code.CONFLICT, name + " is served from " + one.found.folder());
        }
        shelf.clear(name);
        Path dropped = directory.orElseThrow().resolve(name);
        if (Files.isDirectory(dropped)) {
            Files.move(dropped, dropped.resolveSibling("." + name + ".removed-" + System.currentTimeMillis()));
        }
        look();
        look();
    }

    /** What there is to know of every application. */
    List<Map<String, Object>> list() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Watched one : new TreeMap<>(watched).values()) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("name", one.name);
            told.put("state", one.serving != null ? "serving" : "failed");
            Found found = one.found;
            if (found != null) {
                told.put("folder", found.folder().toString());
            }
            if (one.serving != null && one.code != null) {
                told.put("since", one.since);
                told.put(
                        "tables",
                        one.code.tables().stream()
                                .map(table -> Objects.toString(table.export(), table.name()))
                                .toList());
                told.put(
                        "resources",
                        one.code.mounts().stream().map(mount -> mount.export()).toList());
                told.put("files", (long) one.serving.site().size());
            }
            told.put("problems", one.problems);
            told.putAll(shelf.describe(one.name));
            all.add(told);
        }
        return all;
    }

    /** Takes everything away. */
    void stop() {
        for (Watched one : watched.values()) {
            if (one.serving != null) {
                end(one);
            }
        }
        tell();
    }
}

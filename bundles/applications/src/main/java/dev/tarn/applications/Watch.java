// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Language;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.Roles;
import dev.tarn.applications.Places.Found;
import dev.tarn.applications.Places.Place;
import java.io.IOException;
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
import java.util.concurrent.atomic.AtomicReference;
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

    /**
     * Where an application's parts go.
     *
     * @param unhurried whether calls may take long, since a debugger may stop them
     */
    record Services(Tables tables, Roles roles, Optional<DataLoader> loader, boolean unhurried) {}

    private final Tables tables;
    private final Roles roles;
    private final Optional<DataLoader> loader;
    private final boolean unhurried;
    private final Places places;
    private final Shelf shelf;
    private final Consumer<List<Application>> serving;
    private final Map<String, Watched> watched = new LinkedHashMap<>();
    private final List<Language> languages = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Audit> audit = new AtomicReference<>();

    /** Nanoseconds of the last look in which something was deployed. */
    private long acted;

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
        this.unhurried = services.unhurried();
        this.shelf = new Shelf(directory);
        this.places = new Places(given, directory, shelf);
        this.serving = serving;
    }

    Shelf shelf() {
        return shelf;
    }

    /** Where it is written down what is deployed. Any thread. */
    AtomicReference<@Nullable Audit> audit() {
        return audit;
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
        if (watched.isEmpty()) {
            return;
        }
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

    /** Acts on what has changed; returns the nanoseconds that looking took, without acting. */
    long look() {
        long began = System.nanoTime();
        acted = 0;
        look(false);
        return System.nanoTime() - began - acted;
    }

    private void look(boolean atOnce) {
        Map<String, Found> there = places.there();
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

    private void look(Found found, Watched one, boolean atOnce) {
        Folder now = null;
        String trouble = null;
        try {
            now = found.exists() ? found.files() : null;
        } catch (IOException unreadable) {
            trouble = unreadable.toString();
        }
        boolean settled = atOnce || Objects.equals(now, one.seen);
        one.seen = now;
        if (trouble != null) {
            one.complain(List.of(trouble));
        } else if (now == null || (found.place() != Place.JAR && !Application.isOne(now))) {
            if (settled) {
                gone(one, now);
            }
        } else if (settled && !now.equals(one.tried)) {
            long began = System.nanoTime();
            take(one, found, now);
            acted += System.nanoTime() - began;
        }
    }

    /** Deploys what was changed or dropped, and keeps a copy of what was dropped, so that it can be come back to. */
    private void take(Watched one, Found found, Folder now) {
        one.tried = now;
        if (found.place() == Place.JAR) {
            takeJar(one, found.path());
        } else if (deploy(one, now) && found.place() == Place.DIRECTORY) {
            try {
                shelf.keep(one.name, now);
            } catch (IOException full) {
                LOG.warn("application={} no copy is kept to roll back to: {}", one.name, full.toString());
            }
        }
    }

    /** A jar is served from the shelf, as if it had been uploaded, for as long as it lies there. */
    private void takeJar(Watched one, Path jar) {
        try {
            Shelf.Taken taken = shelf.take(one.name, Files.readAllBytes(jar));
            if (!deploy(one, Folder.list(taken.folder())) && taken.added()) {
                shelf.drop(one.name, taken.version());
            }
        } catch (Failure refused) {
            one.complain(List.of(jar.getFileName() + ": " + refused.reason()));
        } catch (IOException unreadable) {
            one.complain(List.of(unreadable.toString()));
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
            record("application_undeployed", one.name);
        }
        if (there != null) {
            one.complain(List.of("no application: it has neither config.yaml nor a .graphql file"));
        } else if (found != null && found.place() == Place.GIVEN) {
            one.complain(List.of("there is no folder " + found.path()));
        } else {
            watched.remove(one.name);
        }
    }

    /** Whoever can write to the folders is known to the operating system only. */
    private void record(String what, String name) {
        Audit trail = audit.get();
        if (trail != null) {
            trail.record(new Audit.Event(what, "", "deploy", null, true, name));
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
                one.complain(findings.errors().stream()
                        .map(Findings.Finding::toString)
                        .toList());
                return false;
            }
            code = Code.load(next, folder, List.copyOf(languages), unhurried);
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
            one.serves(next, code);
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
            record("application_deployed", one.name);
            loader.ifPresent(into -> into.load(one.name, data));
        } catch (Failure refused) {
            one.complain(
                    refused.violations().isEmpty()
                            ? List.of(refused.reason())
                            : refused.violations().stream()
                                    .map(findings::located)
                                    .toList());
        } catch (IOException unreadable) {
            // The folder changed while it was being read, or cannot be read: in the first case the next look differs.
            one.complain(List.of(unreadable.toString()));
        } catch (RuntimeException | LinkageError bug) {
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
        } catch (RuntimeException | LinkageError refused) {
            roles.deploy(name, last == null ? List.of() : last.roles());
            throw refused;
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
            throw new Failure(Failure.Code.CONFLICT, name + " is served from " + before.path());
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

    /** Takes an application away; what was dropped is kept under a hidden name. */
    void remove(String name) throws IOException {
        Watched one = watched.get(name);
        if (one == null || one.found == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no application " + name);
        }
        if (one.found.place() == Place.GIVEN) {
            throw new Failure(Failure.Code.CONFLICT, name + " is served from " + one.found.path());
        }
        shelf.clear(name);
        for (Path dropped : places.dropped(name)) {
            Files.move(
                    dropped,
                    dropped.resolveSibling("." + dropped.getFileName() + ".removed-" + System.currentTimeMillis()));
        }
        look();
        look();
    }

    /** What there is to know of every application. */
    List<Map<String, Object>> list() {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Watched one : new TreeMap<>(watched).values()) {
            Map<String, Object> told = one.told();
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

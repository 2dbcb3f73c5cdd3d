// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where applications are: folders that were named, versions on the shelf, what was dropped. For one thread at a time. */
final class Places {
    private static final Logger LOG = LoggerFactory.getLogger(Places.class);

    /** Where an application's files are. */
    enum Place {
        /** A folder that was named; its files are somebody's work, of which no copies are kept. */
        GIVEN,
        /** A version on the shelf. */
        SHELF,
        /** A folder in the watched one. */
        DIRECTORY,
        /** A jar in the watched folder. */
        JAR
    }

    /** A folder, or a jar. */
    record Found(Path path, Place place) {
        /** What is there now; null for no application. */
        Folder files() throws IOException {
            if (place == Place.JAR) {
                return Folder.of(path);
            }
            return Folder.list(path);
        }

        boolean exists() {
            return place == Place.JAR ? Files.isRegularFile(path) : Files.isDirectory(path);
        }
    }

    /** A jar at the last look. */
    private record Jar(@Nullable Folder seen, boolean application) {}

    private static final Jar NONE = new Jar(null, false);

    private final List<Path> given;
    private final Optional<Path> directory;
    private final Shelf shelf;
    private final Set<Path> doubles = new HashSet<>();

    /** Jars in the watched folder at the last look, and whether each is an application. */
    private Map<Path, Jar> jars = Map.of();

    Places(List<Path> given, Optional<Path> directory, Shelf shelf) {
        this.given = given;
        this.directory = directory;
        this.shelf = shelf;
    }

    /** What is an application by its place: folders that were named, then what is on the shelf, then what was dropped. */
    Map<String, Found> there() {
        Map<String, Found> there = new LinkedHashMap<>();
        given.forEach(folder -> know(there, name(folder), folder, Place.GIVEN));
        shelf.current().forEach((name, folder) -> there.putIfAbsent(name, new Found(folder, Place.SHELF)));
        List<Path> dropped = dropped();
        dropped.stream()
                .filter(Files::isDirectory)
                .forEach(folder -> know(there, name(folder), folder, Place.DIRECTORY));
        Map<Path, Jar> now = new LinkedHashMap<>();
        for (Path file : dropped) {
            if (file.toString().endsWith(".jar") && Files.isRegularFile(file) && application(file, now)) {
                know(there, Unpacking.name(file), file, Place.JAR);
            }
        }
        jars = now;
        return there;
    }

    /** What was dropped under this name: a folder, jars. */
    List<Path> dropped(String name) {
        return dropped().stream()
                .filter(path -> Files.isDirectory(path)
                        ? path.getFileName().toString().equals(name)
                        : jars.getOrDefault(path, NONE).application()
                                && Unpacking.name(path).equals(name))
                .toList();
    }

    private static String name(Path folder) {
        return Objects.toString(folder.toAbsolutePath().normalize().getFileName(), "root");
    }

    private void know(Map<String, Found> there, String name, Path path, Place place) {
        Path absolute = path.toAbsolutePath().normalize();
        Found first = there.putIfAbsent(name, new Found(absolute, place));
        if (first == null) {
            doubles.remove(absolute);
        } else if (!first.path().equals(absolute) && doubles.add(absolute)) {
            LOG.warn(
                    "application={} {}={} is passed over: {}",
                    name,
                    place == Place.JAR ? "jar" : "folder",
                    absolute,
                    first.place() == Place.SHELF
                            ? "another version was deployed or rolled back to; undeploy that first"
                            : first.path() + " has the same name");
        }
    }

    private List<Path> dropped() {
        List<Path> dropped = new ArrayList<>();
        if (directory.isPresent() && Files.isDirectory(directory.get())) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory.get())) {
                for (Path entry : entries) {
                    if (!entry.getFileName().toString().startsWith(".")) {
                        dropped.add(entry);
                    }
                }
            } catch (IOException | DirectoryIteratorException unreadable) {
                LOG.warn("directory={} cannot be read: {}", directory.get(), unreadable.toString());
            }
            dropped.sort(null);
        }
        return dropped;
    }

    /** Whether a jar is an application; looked into once it has stayed the same from one look to the next. */
    private boolean application(Path file, Map<Path, Jar> now) {
        try {
            Folder seen = Folder.of(file);
            Jar before = jars.get(file);
            boolean application = (before != null && seen.equals(before.seen()))
                    ? before.application()
                    : Unpacking.isApplication(file);
            now.put(file, new Jar(seen, application));
            return application;
        } catch (IOException unreadable) {
            LOG.debug("jar={} cannot be read: {}", file, unreadable.toString());
            return false;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Versions of applications, each in a folder that is never changed again: {@code .versions/name/number} in the watched
 * folder, and {@code .versions/name/current} with the number of the one that serves where that is not a folder of somebody.
 * For one thread at a time.
 */
final class Shelf {

    /** Versions of an application that are kept. */
    private static final int KEPT = 10;

    /** Larger folders that were dropped are not copied. */
    private static final long LARGEST_COPY = 64L << 20;

    private static final String CURRENT = "current";

    private final Optional<Path> root;

    Shelf(Optional<Path> directory) {
        this.root = directory.map(
                folder -> folder.resolve(".versions").toAbsolutePath().normalize());
    }

    private Path root() {
        return root.orElseThrow(
                () -> new Failure(Failure.Code.UNSUPPORTED, "this node has no folder for applications"));
    }

    private Path of(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")) {
            throw new Failure(
                    Failure.Code.MALFORMED, "the name of an application is letters, digits, dots, dashes, not " + name);
        }
        return root().resolve(name);
    }

    /** Versions that serve, or should, by application. */
    Map<String, Path> current() {
        Map<String, Path> current = new TreeMap<>();
        if (root.isEmpty() || !Files.isDirectory(root.get())) {
            return current;
        }
        try (DirectoryStream<Path> names = Files.newDirectoryStream(root.get())) {
            for (Path folder : names) {
                Path pointer = folder.resolve(CURRENT);
                if (Files.isRegularFile(pointer)) {
                    current.put(
                            folder.getFileName().toString(),
                            folder.resolve(Files.readString(pointer).strip()));
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return current;
    }

    /** The numbers of the versions that are kept, the oldest first. */
    List<Integer> versions(String name) {
        Path folder = of(name);
        TreeSet<Integer> numbers = new TreeSet<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(folder)) {
                for (Path version : versions) {
                    if (version.getFileName().toString().matches("[0-9]{1,9}")) {
                        numbers.add(Integer.valueOf(version.getFileName().toString()));
                    }
                }
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        return new ArrayList<>(numbers);
    }

    Path folder(String name, int version) {
        return of(name).resolve(Integer.toString(version));
    }

    /** The version that was deployed last: a folder that was dropped is the newest one. */
    int serving(String name) {
        Path pointer = of(name).resolve(CURRENT);
        try {
            if (Files.isRegularFile(pointer)) {
                return Integer.parseInt(Files.readString(pointer).strip());
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        List<Integer> versions = versions(name);
        return versions.isEmpty() ? 0 : versions.get(versions.size() - 1);
    }

    /** The version before the one that serves. */
    int previous(String name) {
        int serving = serving(name);
        return versions(name).stream()
                .filter(version -> version < serving)
                .reduce((first, second) -> second)
                .orElseThrow(() -> new Failure(
                        Failure.Code.NOT_FOUND, "there is no earlier version of " + name + " to go back to"));
    }

    /** Puts what was uploaded on the shelf and returns its number. */
    int add(String name, byte[] archive) throws IOException {
        int number = next(name);
        Path folder = folder(name, number);
        boolean whole = false;
        try {
            Unpacking.to(folder, name, archive);
            whole = true;
        } finally {
            if (!whole) {
                drop(name, number);
            }
        }
        return number;
    }

    /**
     * A version on the shelf.
     *
     * @param added whether it was not there before
     */
    record Taken(int version, Path folder, boolean added) {}

    /** Puts a jar on the shelf, unless it is the newest version there already. */
    Taken take(String name, byte[] archive) throws IOException {
        List<Integer> versions = versions(name);
        if (!versions.isEmpty()) {
            int newest = versions.get(versions.size() - 1);
            Path jar = folder(name, newest).resolve(name + ".jar");
            if (Files.isRegularFile(jar) && Arrays.equals(Files.readAllBytes(jar), archive)) {
                return new Taken(newest, folder(name, newest), false);
            }
        }
        int version = add(name, archive);
        return new Taken(version, folder(name, version), true);
    }

    private int next(String name) {
        List<Integer> versions = versions(name);
        return versions.isEmpty() ? 1 : versions.get(versions.size() - 1) + 1;
    }

    /** Keeps a copy of a folder that was dropped. */
    void keep(String name, Folder folder) throws IOException {
        long size =
                folder.files().values().stream().mapToLong(Folder.Entry::size).sum();
        if (root.isEmpty() || size > LARGEST_COPY || !name.matches("[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")) {
            return;
        }
        if (same(name, folder)) {
            return;
        }
        Path copy = folder(name, next(name));
        for (Map.Entry<String, Folder.Entry> file : folder.files().entrySet()) {
            Path to = copy.resolve(file.getKey());
            Files.createDirectories(to.getParent());
            Files.copy(file.getValue().location(), to);
        }
        prune(name);
    }

    /** Whether the newest version has just these files: after a restart nothing is new. */
    private boolean same(String name, Folder folder) throws IOException {
        List<Integer> versions = versions(name);
        if (versions.isEmpty()) {
            return false;
        }
        Folder newest = Folder.list(folder(name, versions.get(versions.size() - 1)));
        if (!newest.files().keySet().equals(folder.files().keySet())) {
            return false;
        }
        for (Map.Entry<String, Folder.Entry> file : folder.files().entrySet()) {
            Folder.Entry kept = newest.files().get(file.getKey());
            if (kept == null || Files.mismatch(file.getValue().location(), kept.location()) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Makes a version the one that serves. */
    void current(String name, int version) throws IOException {
        Path pointer = of(name).resolve(CURRENT);
        Path temporary = pointer.resolveSibling(CURRENT + ".new");
        Files.writeString(temporary, Integer.toString(version));
        Files.move(temporary, pointer, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        prune(name);
    }

    /** No version on the shelf serves any more; they stay to be gone back to. */
    void clear(String name) throws IOException {
        Files.deleteIfExists(of(name).resolve(CURRENT));
    }

    /** Whether a version on the shelf is the one that serves. */
    boolean serves(String name) {
        return Files.isRegularFile(of(name).resolve(CURRENT));
    }

    private void prune(String name) throws IOException {
        List<Integer> versions = versions(name);
        int serving = serving(name);
        for (int i = 0; i < versions.size() - KEPT; i++) {
            if (versions.get(i) != serving) {
                drop(name, versions.get(i));
            }
        }
    }

    /** Takes a version off the shelf. */
    void drop(String name, int version) throws IOException {
        Path folder = folder(name, version);
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** What there is to know of an application's versions. */
    Map<String, Object> describe(String name) {
        if (root.isEmpty() || !name.matches("[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")) {
            return Map.of();
        }
        List<Integer> versions = versions(name);
        return versions.isEmpty()
                ? Map.of()
                : Map.of(
                        "version",
                        (long) serving(name),
                        "versions",
                        versions.stream().map(Integer::longValue).toList());
    }
}

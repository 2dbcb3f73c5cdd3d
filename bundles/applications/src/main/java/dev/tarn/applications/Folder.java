// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.applications.Findings.Finding;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of an application at one moment: names, sizes and times, not contents. Hidden files and {@code node_modules}
 * are passed over; so are links that lead out of the folder. Two listings are equal when nothing has changed between
 * them. Immutable.
 */
final class Folder {

    /** An application of more files is refused. */
    static final int MOST_FILES = 20_000;

    private static final int DEEPEST = 32;

    /** One file: where it really is, and what tells a change. */
    record Entry(
            Path location,
            long size,
            long modified,
            @Nullable Object key) {}

    private final Path root;
    private final SortedMap<String, Entry> files;
    private final List<Finding> leftOut;

    private Folder(Path root, SortedMap<String, Entry> files, List<Finding> leftOut) {
        this.root = root;
        this.files = Collections.unmodifiableSortedMap(files);
        this.leftOut = List.copyOf(leftOut);
    }

    /**
     * Lists a folder.
     *
     * @throws IOException when it is not there, cannot be read, or holds too much
     */
    static Folder list(Path folder) throws IOException {
        Path root = folder.toRealPath();
        Walk walk = new Walk(root);
        Files.walkFileTree(root, java.util.Set.of(), DEEPEST, walk);
        return new Folder(root, walk.files, walk.leftOut);
    }

    /** A single file, as the only one of its folder. */
    static Folder of(Path file) throws IOException {
        Path real = file.toRealPath();
        BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
        SortedMap<String, Entry> files = new TreeMap<>();
        files.put(
                real.getFileName().toString(),
                new Entry(real, attributes.size(), attributes.lastModifiedTime().toMillis(), attributes.fileKey()));
        return new Folder(Objects.requireNonNull(real.getParent(), "a file is in a folder"), files, List.of());
    }

    /** The real path. */
    Path root() {
        return root;
    }

    /** Files by name relative to the folder, with slashes. */
    SortedMap<String, Entry> files() {
        return files;
    }

    /** Links that lead out of the folder. */
    List<Finding> leftOut() {
        return leftOut;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Folder that && root.equals(that.root) && files.equals(that.files);
    }

    @Override
    public int hashCode() {
        return Objects.hash(root, files);
    }

    private static final class Walk extends SimpleFileVisitor<Path> {
        private final Path root;
        private final SortedMap<String, Entry> files = new TreeMap<>();
        private final List<Finding> leftOut = new ArrayList<>();

        Walk(Path root) {
            this.root = root;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean skipped = !folder.equals(root)
                    && (hidden(folder) || Objects.equals(folder.getFileName().toString(), "node_modules"));
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (hidden(file)) {
                return FileVisitResult.CONTINUE;
            }
            if (attributes.isSymbolicLink()) {
                visitLink(file);
            } else if (attributes.isRegularFile()) {
                add(file, file, attributes);
            }
            return FileVisitResult.CONTINUE;
        }

        private void visitLink(Path link) throws IOException {
            Path target;
            try {
                target = link.toRealPath();
            } catch (IOException broken) {
                leftOut.add(new Finding(name(link), 0, "a link that leads nowhere is passed over"));
                return;
            }
            if (!target.startsWith(root) || !Files.isRegularFile(target)) {
                leftOut.add(new Finding(
                        name(link), 0, "a link out of the folder, or to a folder, is passed over: copy it instead"));
                return;
            }
            add(link, target, Files.readAttributes(target, BasicFileAttributes.class));
        }

        private void add(Path file, Path location, BasicFileAttributes attributes) throws IOException {
            if (files.size() == MOST_FILES) {
                throw new IOException("more than " + MOST_FILES + " files");
            }
            files.put(
                    name(file),
                    new Entry(
                            location,
                            attributes.size(),
                            attributes.lastModifiedTime().toMillis(),
                            attributes.fileKey()));
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            // A file that went away while the folder was being read is a change that the next look will see.
            if (file.equals(root) || Files.exists(file)) {
                throw failure;
            }
            return FileVisitResult.CONTINUE;
        }

        private String name(Path file) {
            return root.relativize(file).toString().replace('\\', '/');
        }

        private static boolean hidden(Path file) {
            return file.getFileName().toString().startsWith(".");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What is sent of an application: a jar or a zip as it is, a folder as a zip, without what is hidden or was built. */
final class Archive {

    private static final Set<String> LEFT_OUT = Set.of("node_modules", "target");

    private Archive() {}

    /** What an application is called where nobody says: as its folder, or its file without what comes after the name. */
    static String name(Path source) {
        String file = String.valueOf(source.getFileName());
        return Files.isDirectory(source) ? file : file.replaceFirst("(-[0-9][^/]*)?\\.(jar|zip)$", "");
    }

    /** Fails with a {@link Refusal}. */
    static byte[] of(Path source) {
        try {
            return Files.isDirectory(source) ? zip(source) : Files.readAllBytes(source);
        } catch (IOException unreadable) {
            throw Refusal.failed(source + " cannot be read: " + Cause.line(unreadable));
        }
    }

    private static byte[] zip(Path folder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
                    String name = String.valueOf(each.getFileName());
                    boolean out = !each.equals(folder) && (name.startsWith(".") || LEFT_OUT.contains(name));
                    return out ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (attributes.isRegularFile()
                            && !String.valueOf(file.getFileName()).startsWith(".")) {
                        zip.putNextEntry(
                                new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
                        Files.copy(file, zip);
                        zip.closeEntry();
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        return bytes.toByteArray();
    }
}

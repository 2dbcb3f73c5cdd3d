// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Makes an application's folder of what was uploaded: a zip of the folder, with or without the folder itself around it, or
 * a jar, which stays whole while what else the folder of an application has is taken out of it.
 */
final class Unpacking {

    /** All files together. */
    private static final long LARGEST = 512L << 20;

    private Unpacking() {}

    /**
     * Writes the folder.
     *
     * @throws Failure MALFORMED when it is no archive, or one that leads out of the folder; TOO_LARGE
     */
    static void to(Path folder, String name, byte[] archive) throws IOException {
        List<String> names = names(archive);
        if (names.isEmpty()) {
            throw new Failure(Failure.Code.MALFORMED, "an application is sent as a zip or a jar, and this is none");
        }
        boolean jar = names.stream().anyMatch(each -> each.endsWith(".class"));
        String prefix = jar ? "" : common(names);
        Files.createDirectories(folder);
        if (jar) {
            Files.write(folder.resolve(name + ".jar"), archive);
        }
        long left = LARGEST;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String file = entry.getName();
                if (entry.isDirectory() || !file.startsWith(prefix) || (jar && !besides(file))) {
                    continue;
                }
                left -= write(zip, inside(folder, file.substring(prefix.length())), left);
            }
        }
    }

    /**
     * Whether a jar in the watched folder is an application: it is no bundle, or one that brings no component of its own and uses
     * what applications use. The launcher leaves those alone by the same rule.
     */
    static boolean isApplication(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            Attributes attributes = manifest == null ? new Attributes() : manifest.getMainAttributes();
            if (attributes.getValue("Bundle-SymbolicName") == null) {
                return true;
            }
            return attributes.getValue("Service-Component") == null
                    && attributes.getValue("Bundle-Activator") == null
                    && attributes.getValue("Fragment-Host") == null
                    && String.valueOf(attributes.getValue("Import-Package")).contains("dev.tarn.api.application");
        }
    }

    /** What an application in a jar is called: as the file is, without the version that Maven puts behind the name. */
    static String name(Path jar) {
        String file = jar.getFileName().toString();
        String stem = file.substring(0, file.length() - ".jar".length());
        String name = stem.replaceFirst("-[0-9][0-9A-Za-z.+-]*$", "");
        return name.isEmpty() ? stem : name;
    }

    private static List<String> names(byte[] archive) throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory()) {
                    names.add(entry.getName());
                }
                if (names.size() > Folder.MOST_FILES) {
                    throw new Failure(Failure.Code.TOO_LARGE, "more than " + Folder.MOST_FILES + " files");
                }
            }
        } catch (java.util.zip.ZipException | IllegalArgumentException broken) {
            throw new Failure(Failure.Code.MALFORMED, "the archive cannot be read: " + broken.getMessage());
        }
        return names;
    }

    /** The folder that everything is in, with its slash; empty where there is none, or where it is part of the application. */
    private static String common(List<String> names) {
        int slash = names.get(0).indexOf('/');
        String first = slash < 0 ? "" : names.get(0).substring(0, slash + 1);
        boolean all = !first.isEmpty() && names.stream().allMatch(name -> name.startsWith(first));
        return all && !first.equals("web/") && !first.equals("lib/") ? first : "";
    }

    /** Whether a file in a jar belongs to the application's folder. */
    private static boolean besides(String file) {
        return file.startsWith("web/")
                || (file.indexOf('/') < 0
                        && (file.endsWith(".graphql") || file.endsWith(".yaml") || file.endsWith(".js")));
    }

    private static Path inside(Path folder, String file) {
        try {
            Path path = folder.resolve(file).normalize();
            if (path.startsWith(folder) && !path.equals(folder)) {
                return path;
            }
        } catch (InvalidPathException wrong) {
            throw new Failure(Failure.Code.MALFORMED, "the archive has a file that has no name");
        }
        throw new Failure(Failure.Code.MALFORMED, "the archive has a file outside of it: " + file);
    }

    private static long write(InputStream in, Path file, long left) throws IOException {
        Files.createDirectories(file.getParent());
        long written = 0;
        byte[] buffer = new byte[8192];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                written += count;
                if (written > left) {
                    throw new Failure(Failure.Code.TOO_LARGE, "the application is larger than " + LARGEST + " bytes");
                }
                out.write(buffer, 0, count);
            }
        }
        return written;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;

/** The unpacked distribution: {@code system/<start level>/*.jar}, {@code conf}, {@code deploy}. */
record Image(Path home) {

    /** The start level of protocols and of everything that is deployed: these may come and go while Tarn runs. */
    static final int PROTOCOLS = 40;

    /** The start level of what may come after the doors are open, such as the console. */
    static final int LATER = 50;

    /** A bundle's jar and the level it starts at. */
    record Jar(Path file, int level) {}

    Path configuration() {
        return home.resolve("conf").resolve("tarn.yaml");
    }

    /** The folder of the protocol bundles that are part of the image. */
    Path protocols() {
        return home.resolve("system").resolve(String.valueOf(PROTOCOLS));
    }

    /** What a relative path in the configuration stands for. */
    Path resolve(String path) {
        return home.resolve(path).normalize();
    }

    /** All jars below {@code system}, lowest level first. Fails with a {@link Refusal}. */
    List<Jar> jars() {
        List<Jar> jars = new ArrayList<>();
        Path system = home.resolve("system");
        try (DirectoryStream<Path> levels = Files.newDirectoryStream(system, "[0-9][0-9]")) {
            for (Path level : levels) {
                int number = Integer.parseInt(String.valueOf(level.getFileName()));
                in(level).forEach(file -> jars.add(new Jar(file, number)));
            }
        } catch (IOException unreadable) {
            throw Refusal.failed(system + " cannot be read: " + Cause.line(unreadable) + "; is " + home
                    + " the unpacked distribution?");
        }
        Collections.sort(
                jars,
                (a, b) -> a.level() != b.level()
                        ? Integer.compare(a.level(), b.level())
                        : a.file().compareTo(b.file()));
        return jars;
    }

    /** The jars in one folder by name; none when there is no such folder. */
    static List<Path> in(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            List<Path> found = new ArrayList<>();
            files.forEach(found::add);
            Collections.sort(found);
            return found;
        }
    }

    /**
     * Whether a jar is an application: no bundle, or one that brings no component of its own and uses what applications use. The
     * bundle that deploys applications takes them by the same rule. False for what cannot be read.
     */
    static boolean isApplication(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            Attributes attributes = manifest == null ? new Attributes() : manifest.getMainAttributes();
            if (attributes.getValue(Constants.BUNDLE_SYMBOLICNAME) == null) {
                return true;
            }
            return attributes.getValue("Service-Component") == null
                    && attributes.getValue(Constants.BUNDLE_ACTIVATOR) == null
                    && attributes.getValue(Constants.FRAGMENT_HOST) == null
                    && String.valueOf(attributes.getValue(Constants.IMPORT_PACKAGE))
                            .contains("dev.tarn.api.application");
        } catch (IOException unreadable) {
            return false;
        }
    }
}

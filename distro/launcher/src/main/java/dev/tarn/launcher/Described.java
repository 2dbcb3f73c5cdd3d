// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

/**
 * What a bundle tells about itself before it runs.
 *
 * @param symbolicName such as {@code dev.tarn.mqtt}
 * @param speaks whether it brings a stream protocol, and so has a listener
 * @param listener what the manifest says of its listener, {@code name;port=7007}, either of the two or both; empty when
 *     nothing
 */
record Described(String symbolicName, boolean speaks, String listener, List<Metatype> metatypes) {

    private static final String METATYPE = "OSGI-INF/metatype";
    private static final String LISTENER = "Tarn-Listener";
    private static final String PORT = "port=";
    private static final String PROTOCOL = "dev.tarn.transport.StreamProtocol";

    /** Reads a jar; empty when it is not a bundle. */
    static Optional<Described> in(Path file) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            Manifest manifest = jar.getManifest();
            Attributes headers = manifest == null ? new Attributes() : manifest.getMainAttributes();
            String name = headers.getValue(Constants.BUNDLE_SYMBOLICNAME);
            if (name == null) {
                return Optional.empty();
            }
            List<Metatype> metatypes = new ArrayList<>();
            for (JarEntry entry : Collections.list(jar.entries())) {
                if (entry.getName().startsWith(METATYPE + "/")
                        && entry.getName().endsWith(".xml")) {
                    metatypes.addAll(Metatype.read(jar.getInputStream(entry)));
                }
            }
            String capabilities = headers.getValue(Constants.PROVIDE_CAPABILITY);
            String listener = Objects.requireNonNullElse(headers.getValue(LISTENER), "");
            return Optional.of(new Described(plain(name), speaks(capabilities), listener, metatypes));
        }
    }

    /** Reads an installed bundle. */
    static Described in(Bundle bundle) throws IOException {
        List<Metatype> metatypes = new ArrayList<>();
        Enumeration<URL> entries = bundle.findEntries(METATYPE, "*.xml", false);
        while (entries != null && entries.hasMoreElements()) {
            metatypes.addAll(Metatype.read(entries.nextElement().openStream()));
        }
        String capabilities = bundle.getHeaders("").get(Constants.PROVIDE_CAPABILITY);
        String listener = Objects.requireNonNullElse(bundle.getHeaders("").get(LISTENER), "");
        return new Described(String.valueOf(bundle.getSymbolicName()), speaks(capabilities), listener, metatypes);
    }

    /** What its listener is called: after this bundle, unless it says otherwise. */
    String listenerName() {
        String name = listener.split(";", 2)[0].strip();
        return name.isEmpty() || name.startsWith(PORT) ? section() : name;
    }

    /** Where its listener is unless it is configured; empty when it does not say. */
    Optional<String> port() {
        return Arrays.stream(listener.split(";"))
                .map(String::strip)
                .filter(part -> part.matches(PORT + "\\d{1,5}"))
                .map(part -> part.substring(PORT.length()))
                .findFirst();
    }

    /** The section named after this bundle: the last segment of its name. */
    String section() {
        return symbolicName.substring(symbolicName.lastIndexOf('.') + 1);
    }

    /** The section of one of its configurations: {@code dev.tarn.store} is {@code store}. */
    String section(String pid) {
        if (pid.equals(symbolicName) || pid.startsWith(symbolicName + ".")) {
            return section() + pid.substring(symbolicName.length());
        }
        return pid.startsWith("dev.tarn.") ? pid.substring("dev.tarn.".length()) : pid;
    }

    private static boolean speaks(@Nullable String capabilities) {
        return capabilities != null && capabilities.contains(PROTOCOL);
    }

    private static String plain(String name) {
        int directive = name.indexOf(';');
        return (directive < 0 ? name : name.substring(0, directive)).trim();
    }
}

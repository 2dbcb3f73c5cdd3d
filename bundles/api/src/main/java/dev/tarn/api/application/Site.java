// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** Static files that an application serves. Safe on any thread. */
@ConsumerType
public interface Site {
    /**
     * The file for an absolute, decoded URL path such as {@code /} or {@code /app.js}. May touch the disk: called on a
     * worker. Never leaves its own folder, whatever the path says.
     */
    Optional<File> file(String path);

    /** Whether {@link #file} would answer: quick, from memory, safe on an event loop. */
    boolean has(String path);

    /**
     * One file.
     *
     * @param version a strong validator without quotes, such as a hash of the content
     */
    record File(java.nio.file.Path location, String mediaType, long size, String version) {}
}

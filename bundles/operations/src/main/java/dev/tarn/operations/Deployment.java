// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of a file that is watched for bundles, as the launcher tells it.
 *
 * @param content marks what was tried; see {@link #mark}
 * @param bundle the symbolic name; empty when there is none
 * @param problem why the bundle is not what the file is, or does not run; empty when all is well
 */
record Deployment(String content, String bundle, String problem) {
    /** Marks the launcher's service, whose type is of Java since the launcher is no bundle. */
    static final String TOLD = "tarn.deployments";

    static Map<String, Deployment> all(Map<String, Map<String, String>> told) {
        Map<String, Deployment> all = new TreeMap<>();
        told.forEach((file, words) -> all.put(
                file,
                new Deployment(
                        words.getOrDefault("content", ""),
                        words.getOrDefault("bundle", ""),
                        words.getOrDefault("problem", ""))));
        return all;
    }

    /** What tells one content of a file from the next, in the launcher's words. */
    static String mark(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return attributes.lastModifiedTime().toMillis() + ":" + attributes.size() + ":" + attributes.fileKey();
    }
}

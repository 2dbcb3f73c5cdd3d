// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Jars of sources. */
final class Jars {

    private Jars() {}

    /**
     * A jar with what these sources compile to.
     *
     * @param sources by the name of the file
     * @param without files of classes that are left out
     */
    static byte[] of(Path directory, Map<String, String> sources, String... without) throws IOException {
        Path classes = Files.createTempDirectory(directory, "classes");
        List<String> options = List.of(
                "-proc:none", "-parameters", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
        List<? extends JavaFileObject> files = sources.entrySet().stream()
                .map(source ->
                        new SimpleJavaFileObject(
                                URI.create("string:///" + source.getKey()), JavaFileObject.Kind.SOURCE) {
                            @Override
                            public CharSequence getCharContent(boolean ignoring) {
                                return source.getValue();
                            }
                        })
                .toList();
        if (!ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, null, options, null, files)
                .call()) {
            throw new IllegalArgumentException("these sources do not compile");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes);
                var compiled = Files.walk(classes)) {
            for (Path each : compiled.filter(Files::isRegularFile)
                    .filter(path -> Arrays.stream(without).noneMatch(path::endsWith))
                    .toList()) {
                jar.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                Files.copy(each, (OutputStream) jar);
            }
        }
        return bytes.toByteArray();
    }
}

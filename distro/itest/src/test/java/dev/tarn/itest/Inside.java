// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import dev.tarn.itest.probe.Probe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import sun.hotspot.WhiteBox;

/**
 * What is alive inside a running Tarn, as {@link Probe} tells it.
 *
 * @param loaders class loaders that are still reachable, by bundle; updated and uninstalled ones are counted too
 * @param threads how many there are of each name, numbers in names left out
 * @param buffers pooled buffers that nobody has released
 */
record Inside(Map<String, Integer> loaders, Map<String, Integer> threads, long buffers) {

    /**
     * Options under which nothing but a leak counts as one, and {@link Probe} can throw compiled code away. Thread caches would
     * keep buffers that were released; stack traces of their uses would hold on to classes of bundles that are gone.
     *
     * @param folder where a jar for the boot class path is put
     */
    static String options(Path folder) throws IOException {
        Path jar = folder.resolve("white-box.jar");
        write(jar, new Manifest(), WhiteBox.class);
        return "-Xmx256m -XX:+UnlockDiagnosticVMOptions -XX:+WhiteBoxAPI -Xbootclasspath/a:" + jar
                + " " + Tarn.SHORT_LIVED + " -Dio.netty.leakDetection.targetRecords=0"
                + " -Dio.netty.allocator.smallCacheSize=0 -Dio.netty.allocator.normalCacheSize=0";
    }

    /** Writes the bundle that {@link #of} asks. */
    static void pack(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", Probe.class.getPackageName());
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Bundle-Activator", Probe.class.getName());
        headers.putValue(
                "Import-Package",
                "dev.tarn.transport,io.netty.buffer,io.netty.channel,io.netty.handler.codec.http,io.netty.util.concurrent,org.osgi.framework,"
                        + "org.osgi.framework.wiring");
        Files.createDirectories(jar.toAbsolutePath().getParent());
        write(jar, manifest, Probe.class);
    }

    /** Writes a jar of one class. */
    static void write(Path jar, Manifest manifest, Class<?> content) throws IOException {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        String name = content.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream code = Inside.class.getResourceAsStream("/" + name)) {
            out.putNextEntry(new JarEntry(name));
            code.transferTo(out);
            out.closeEntry();
        }
    }

    /** Collects garbage there, then counts. */
    static Inside of(Tarn tarn) throws IOException, InterruptedException {
        return of(tarn, "/probe");
    }

    /** The same when compiled code was thrown away before, which may have kept classes; slow. */
    static Inside withoutCode(Tarn tarn) throws IOException, InterruptedException {
        return of(tarn, "/probe?code=away");
    }

    private static Inside of(Tarn tarn, String path) throws IOException, InterruptedException {
        Map<String, Integer> loaders = new TreeMap<>();
        Map<String, Integer> threads = new TreeMap<>();
        long buffers = -1;
        for (String line : List.of(Http.text(Http.get(tarn, path)).split("\n"))) {
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "loaders" -> {
                    String[] counted = words[1].split(" ");
                    loaders.put(counted[0], Integer.valueOf(counted[1]));
                }
                case "thread" -> threads.merge(words[1].replaceAll("\\d+", "N"), 1, Integer::sum);
                case "buffers" -> buffers = Long.parseLong(words[1]);
                default -> throw new IOException("not from the probe: " + line);
            }
        }
        return new Inside(loaders, threads, buffers);
    }

    int loaders(String bundle) {
        return loaders.getOrDefault(bundle, 0);
    }
}

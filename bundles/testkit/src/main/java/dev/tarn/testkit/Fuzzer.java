// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs Jazzer, which has to be on the class path of the test, in a process of its own. */
public final class Fuzzer {
    private Fuzzer() {}

    /**
     * Fuzzes for as many seconds as the property {@code tarn.fuzz.seconds} says.
     *
     * @param target a class with {@code fuzzerTestOneInput(byte[])}; what is in its package is watched
     * @param inputs what it begins with
     * @param work where what it makes of these is kept
     * @return the exit code: 0 when nothing was found
     */
    public static int run(Class<?> target, List<byte[]> inputs, Path work) throws IOException, InterruptedException {
        Path seeds = Files.createDirectories(work.resolve("seeds"));
        int count = 0;
        for (byte[] input : inputs) {
            Files.write(seeds.resolve("seed-" + count++), input);
        }
        Process jazzer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                        "--add-opens=java.base/java.nio=ALL-UNNAMED",
                        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target.getName(),
                        "--instrumentation_includes=" + target.getPackageName() + ".**",
                        // Its guards take Netty's queues for misuse of memory, and our own client's connection for
                        // forgery.
                        "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.UnsafeSanitizer" + File.pathSeparator
                                + "com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                        "-max_len=4096",
                        "-max_total_time=" + System.getProperty("tarn.fuzz.seconds"),
                        Files.createDirectories(work.resolve("corpus")).toString(),
                        seeds.toString())
                .inheritIO()
                .start();
        if (!jazzer.waitFor(1, TimeUnit.DAYS)) {
            throw new IOException("the fuzzer does not end");
        }
        return jazzer.exitValue();
    }
}

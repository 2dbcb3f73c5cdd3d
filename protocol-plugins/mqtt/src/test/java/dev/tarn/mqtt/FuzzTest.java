// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.PacketCorpus;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What fuzzers begin with and what they found; with {@code -Psoak}, the fuzzers themselves. */
class FuzzTest {

    private static final Path FOUND = Path.of("src/test/resources/fuzz");

    /** The packets of the corpus, each from every kind of sender, and what is kept in the folder. */
    private static List<byte[]> inputs(int lead) throws IOException {
        List<byte[]> inputs = new ArrayList<>();
        for (PacketCorpus.Case packet : PacketCorpus.cases()) {
            for (int sender = 0; sender < 4; sender++) {
                ByteArrayOutputStream input = new ByteArrayOutputStream();
                input.write(sender);
                for (int i = 1; i < lead; i++) {
                    input.write(packet.bytes().length / 2);
                }
                input.writeBytes(packet.bytes());
                inputs.add(input.toByteArray());
            }
        }
        try (Stream<Path> files = Files.list(FOUND)) {
            for (Path file : files.sorted().toList()) {
                inputs.add(Files.readAllBytes(file));
            }
        }
        return inputs;
    }

    @Test
    void the_decoder_stands_everything_that_is_known() throws IOException {
        List<byte[]> inputs = inputs(2);
        assertThat(inputs).hasSizeGreaterThan(1_600);
        inputs.forEach(DecoderFuzz::fuzzerTestOneInput);
    }

    @Test
    void a_server_stands_everything_that_is_known() throws IOException {
        List<byte[]> inputs = inputs(1);
        for (int i = 0; i < inputs.size(); i += 4) {
            // All cases once; the corpus's own test has them from their right sender.
            ConnectionFuzz.fuzzerTestOneInput(inputs.get(i + (i / 4) % 4 < inputs.size() ? i + (i / 4) % 4 : i));
        }
    }

    @ParameterizedTest
    @CsvSource({"dev.tarn.mqtt.DecoderFuzz, 2", "dev.tarn.mqtt.ConnectionFuzz, 1"})
    @EnabledIfSystemProperty(named = "tarn.fuzz.seconds", matches = "\\d+")
    void a_fuzzer_finds_nothing(String target, int lead, @TempDir Path work) throws Exception {
        Path seeds = Files.createDirectories(work.resolve("seeds"));
        int count = 0;
        for (byte[] input : inputs(lead)) {
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
                        "--target_class=" + target,
                        "--instrumentation_includes=dev.tarn.mqtt.**",
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
        assertThat(jazzer.waitFor(1, TimeUnit.DAYS)).isTrue();
        assertThat(jazzer.exitValue()).isZero();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Fuzzer;
import dev.tarn.testkit.PacketCorpus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    void a_fuzzer_finds_nothing(Class<?> target, int lead, @TempDir Path work) throws Exception {
        assertThat(Fuzzer.run(target, inputs(lead), work)).isZero();
    }
}

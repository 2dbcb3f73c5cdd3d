// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Fuzzer;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.ApplicationProperties;
import org.apache.qpid.protonj2.types.messaging.Data;
import org.apache.qpid.protonj2.types.messaging.MessageAnnotations;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.apache.qpid.protonj2.types.transport.Begin;
import org.apache.qpid.protonj2.types.transport.Open;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fuzzers begin with; with {@code -Psoak}, the fuzzers themselves. */
class FuzzTest {

    private static byte[] input(int first, byte[] rest) {
        byte[] input = new byte[rest.length + 1];
        input[0] = (byte) first;
        System.arraycopy(rest, 0, input, 1, rest.length);
        return input;
    }

    private static byte[] sections(Object... sections) {
        ProtonBuffer buffer = Codec.allocate(256);
        Codec codec = new Codec();
        for (Object section : sections) {
            codec.write(buffer, section);
        }
        return Codec.bytes(buffer);
    }

    private static List<byte[]> inputs() {
        List<byte[]> inputs = new ArrayList<>();
        inputs.add(input(0, sections(new Open().setContainerId("a").setIdleTimeout(1000))));
        inputs.add(input(
                0,
                sections(new Begin().setNextOutgoingId(1).setIncomingWindow(2).setOutgoingWindow(2))));
        inputs.add(input(1, "a = 'b' AND (c > 3.5 OR d LIKE '%x!_' ESCAPE '!') AND e IS NOT NULL".getBytes(UTF_8)));
        inputs.add(input(2, sections(new AmqpValue<>(Map.of("temp", 21.5, "list", List.of(1, "two"))))));
        inputs.add(input(
                2,
                sections(
                        new MessageAnnotations(Map.of(Symbol.valueOf("x-opt-retain"), true)),
                        new Properties().setSubject("put").setCorrelationId("c"),
                        new ApplicationProperties(Map.of("n", 1L)),
                        new Data(new byte[] {1, 2, 3}))));
        inputs.add(input(
                3,
                RawPeer.frame(
                        0,
                        0,
                        new Begin().setNextOutgoingId(1).setIncomingWindow(2).setOutgoingWindow(2),
                        new byte[0])));
        return inputs;
    }

    /** Each of them, whole and with bytes changed, taken away and doubled. */
    private static List<byte[]> changed(int times) {
        Random random = new Random(20_261_121);
        List<byte[]> inputs = inputs();
        List<byte[]> all = new ArrayList<>(inputs);
        for (byte[] input : inputs) {
            for (int i = 0; i < times; i++) {
                ByteArrayOutputStream changed = new ByteArrayOutputStream();
                for (byte one : input) {
                    int chance = random.nextInt(40);
                    if (chance > 0) {
                        changed.write(chance == 1 ? random.nextInt(256) : one);
                    }
                    if (chance == 2) {
                        changed.write(one);
                    }
                }
                all.add(changed.toByteArray());
            }
        }
        return all;
    }

    @Test
    void the_decoder_reads_or_refuses_whatever_comes() {
        changed(2_000).forEach(DecoderFuzz::fuzzerTestOneInput);
    }

    @Test
    void a_server_stands_whatever_comes() throws Exception {
        for (byte[] input : changed(20)) {
            ConnectionFuzz.fuzzerTestOneInput(input);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {DecoderFuzz.class, ConnectionFuzz.class})
    @EnabledIfSystemProperty(named = "tarn.fuzz.seconds", matches = "\\d+")
    void a_fuzzer_finds_nothing(Class<?> target, @TempDir Path work) throws Exception {
        assertThat(Fuzzer.run(target, inputs(), work)).isZero();
    }
}

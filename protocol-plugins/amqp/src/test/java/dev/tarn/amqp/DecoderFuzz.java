// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import java.util.Arrays;
import java.util.Map;

/**
 * Any bytes as a message, a performative or a selector: read, or refused in words, and nothing else. The first byte says
 * which.
 */
public final class DecoderFuzz {

    private DecoderFuzz() {}

    /** What a fuzzer calls, and {@link FuzzTest} with what fuzzers found. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 1) {
            return;
        }
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
        try {
            switch (input[0] & 3) {
                case 0 -> Shape.performative(bytes, 0);
                case 1 -> Selector.of(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
                default -> message(bytes);
            }
        } catch (Refusal | Failure refused) {
            if (String.valueOf(refused.getMessage()).isEmpty()) {
                throw new AssertionError("refused without a reason", refused);
            }
        }
    }

    private static void message(byte[] bytes) {
        Codec codec = new Codec();
        Sections sections = Sections.of(bytes, codec);
        sections.option("x-opt-retain", "put");
        sections.application().values().forEach(Values::text);
        Values.ofAmqp(sections.hasSequence() ? sections.sequence() : sections.value());
        // What is kept of a message is read again, without another look, whenever it is delivered.
        Sections.read(sections.kept(), codec);
        PropertiesFilter.application(Map.of("a", sections.data().length));
    }
}

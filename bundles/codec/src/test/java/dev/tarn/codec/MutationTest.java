// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tarn.api.data.Failure;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sound bodies with bytes changed, removed and doubled: each is read or refused, and what is read can be written. */
class MutationTest {

    private static final int ROUNDS = 20_000;

    @Test
    void a_changed_json_body_is_read_or_refused() {
        tryAll(new JsonCodec());
    }

    @Test
    void a_changed_cbor_body_is_read_or_refused() {
        tryAll(new CborCodec());
    }

    @Test
    void a_changed_messagepack_body_is_read_or_refused() {
        tryAll(new MessagePackCodec());
    }

    private static void tryAll(Format format) {
        Map<Failure.Code, Integer> refused = new EnumMap<>(Failure.Code.class);
        int read = 0;
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed % 2_000, RandomValues.Kind.values()).next();
            byte[] bytes = mutated(format.encode(value), new Random(seed));
            try {
                Object changed = format.decode(bytes);
                read++;
                for (Format other : List.<Format>of(new JsonCodec(), new CborCodec(), new MessagePackCodec())) {
                    Format.Writer writer = other.writer(16);
                    format.read(bytes, writer);
                    Object copied = other.decode(writer.finish());
                    assertThat(RandomValues.same(copied, other.decode(other.encode(changed))))
                            .withFailMessage("seed %s: %s", seed, changed)
                            .isTrue();
                }
            } catch (Failure failure) {
                refused.merge(failure.code(), 1, Integer::sum);
            } catch (RuntimeException e) {
                fail("seed " + seed + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        assertThat(read).isPositive();
        assertThat(refused).containsKey(Failure.Code.MALFORMED).doesNotContainKey(Failure.Code.UNSUPPORTED);
    }

    private static byte[] mutated(byte[] sound, Random random) {
        byte[] bytes = sound.length > 4_096 ? Arrays.copyOf(sound, 4_096) : sound.clone();
        for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                default -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
                    System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                    bytes = longer;
                }
            }
        }
        return bytes;
    }
}

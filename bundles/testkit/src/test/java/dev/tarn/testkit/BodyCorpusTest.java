// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Failure;
import dev.tarn.codec.CborCodec;
import dev.tarn.codec.CodecBodies;
import dev.tarn.codec.JsonCodec;
import dev.tarn.codec.MessagePackCodec;
import dev.tarn.testkit.BodyCorpus.Case;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each bad body is tried as a value and on the way into every format. */
class BodyCorpusTest {

    /** What may be allocated to refuse a body, beside a multiple of its size. */
    private static final long ALLOWANCE = 256 << 10;

    private static final List<Codec> CODECS = List.of(new JsonCodec(), new CborCodec(), new MessagePackCodec());
    private static final Bodies BODIES = new CodecBodies(CODECS);

    static List<Case> bodies() {
        return BodyCorpus.cases();
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void a_bad_body_is_refused_and_the_answer_says_why_and_where(Case bad) {
        byte[] bytes = bad.bytes();
        assertRefused(bad, catchThrowable(() -> codec(bad).decode(bytes)));
        for (String type : List.of(Bodies.JSON, Bodies.CBOR, Bodies.MSGPACK)) {
            assertRefused(
                    bad,
                    catchThrowable(
                            () -> BODIES.structured(bad.mediaType(), bytes).as(type)));
        }
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void a_bad_body_costs_little_time_and_memory(Case bad) {
        byte[] bytes = bad.bytes();
        Codec codec = codec(bad);
        assertRefused(bad, catchThrowable(() -> codec.decode(bytes)));
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        Throwable thrown = catchThrowable(() -> codec.decode(bytes));
        long time = threads.getCurrentThreadCpuTime() - start;
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertRefused(bad, thrown);
        assertThat(time).isLessThan(Duration.ofSeconds(2).toNanos());
        assertThat(allocated).isLessThan(ALLOWANCE + 64L * bytes.length);
    }

    private static Codec codec(Case bad) {
        return CODECS.stream()
                .filter(codec -> codec.mediaTypes().contains(bad.mediaType()))
                .findFirst()
                .orElseThrow();
    }

    private static void assertRefused(Case bad, Throwable thrown) {
        assertThat(thrown).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(bad.code());
            assertThat(failure.reason()).contains(bad.says()).hasSizeLessThan(500);
        });
    }
}

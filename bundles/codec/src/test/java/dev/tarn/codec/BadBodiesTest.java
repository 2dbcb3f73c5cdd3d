// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.data.Failure;
import dev.tarn.codec.BadBodies.Bad;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each bad body is tried as a value, as a check, and on the way into every format. */
class BadBodiesTest {

    /** What may be allocated to refuse a body, beside a multiple of its size. */
    private static final long ALLOWANCE = 256 << 10;

    static List<Bad> bodies() {
        return BadBodies.all();
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void a_bad_body_is_refused_and_the_answer_says_why_and_where(Bad bad) {
        assertRefused(bad, catchThrowable(() -> bad.format().decode(bad.bytes())));
        assertRefused(bad, catchThrowable(() -> bad.format().read(bad.bytes(), new CheckSink())));
        for (Format other : List.<Format>of(BadBodies.JSON, BadBodies.CBOR, BadBodies.PACK)) {
            assertRefused(bad, catchThrowable(() -> bad.format().read(bad.bytes(), other.writer(16))));
        }
    }

    private static void assertRefused(Bad bad, Throwable thrown) {
        assertThat(thrown).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(bad.code());
            assertThat(failure.reason()).contains(bad.says()).hasSizeLessThan(500);
        });
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void a_bad_body_costs_little_time_and_memory(Bad bad) {
        assertRefused(bad, catchThrowable(() -> bad.format().read(bad.bytes(), new CheckSink())));
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        Throwable thrown = catchThrowable(() -> bad.format().decode(bad.bytes()));
        long time = threads.getCurrentThreadCpuTime() - start;
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertRefused(bad, thrown);
        assertThat(time).isLessThan(Duration.ofSeconds(2).toNanos());
        assertThat(allocated).isLessThan(ALLOWANCE + 64L * bad.bytes().length);
    }
}

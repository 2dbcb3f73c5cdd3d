// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class CauseTest {

    @Test
    void the_innermost_message_says_it() {
        assertThat(Cause.line(new RuntimeException("outer", new IllegalStateException("inner\nline", new Error()))))
                .isEqualTo("inner\\nline");
        assertThat(Cause.line(new NoSuchFileException("/x"))).isEqualTo("/x is not there");
        assertThat(Cause.line(new IllegalStateException())).isEqualTo("IllegalStateException");
    }

    @Test
    void the_innermost_cause_of_a_printed_trace_says_it_without_its_class() {
        String trace = """
                java.lang.reflect.InvocationTargetException
                \tat a.b.C.d(C.java:1)
                Caused by: dev.tarn.api.data.Failure: the store in /x is damaged: restore it
                \t... 3 more
                """;
        assertThat(Cause.line(trace)).isEqualTo("the store in /x is damaged: restore it");
        assertThat(Cause.line("java.lang.NullPointerException\n\tat x")).isEqualTo("java.lang.NullPointerException");
    }

    @Test
    void a_resolver_message_is_reduced_to_what_is_missing() {
        assertThat(Requirement.missing("Unable to resolve dev.tarn.http [30](R 30.0): missing requirement"
                        + " [dev.tarn.http [30](R 30.0)] osgi.wiring.package; (&(osgi.wiring.package=dev.tarn.transport)"
                        + "(version>=1.0.0)(!(version>=2.0.0))) [caused by: Unable to resolve dev.tarn.transport [26](R 26.0):"
                        + " missing requirement [dev.tarn.transport [26](R 26.0)] osgi.wiring.package;"
                        + " (&(osgi.wiring.package=io.netty.buffer)(version>=4.2.0)(!(version>=5.0.0)))]"
                        + " Unresolved requirements: [[dev.tarn.http [30](R 30.0)] osgi.wiring.package; (x=y)]"))
                .isEqualTo("no package io.netty.buffer from 4.2.0 below 5.0.0");
        assertThat(Requirement.missing("something else")).isEqualTo("something else");
    }
}

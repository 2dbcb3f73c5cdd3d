// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

class LogLineTest {
    private static final LoggerContext LOGS = (LoggerContext) LoggerFactory.getILoggerFactory();

    private static LoggingEvent event(String message, Object... arguments) {
        LoggingEvent event =
                new LoggingEvent("x", LOGS.getLogger("dev.tarn.mqtt"), Level.INFO, message, null, arguments);
        event.setTimeStamp(0);
        return event;
    }

    @Test
    void an_event_is_one_line_of_time_level_logger_message_and_pairs() {
        LoggingEvent event = event("connected client={}", "c1");
        event.setKeyValuePairs(List.of(new KeyValuePair("address", "1.2.3.4"), new KeyValuePair("reason", "a \"b\"")));
        assertThat(new LogLine().doLayout(event))
                .matches("19(69|70)-\\S+ INFO  dev\\.tarn\\.mqtt connected client=c1 address=1\\.2\\.3\\.4"
                        + " reason=\"a \\\\\"b\\\\\"\"\n");
    }

    @Test
    void a_clients_text_can_neither_begin_a_line_nor_reach_the_terminal() {
        LoggingEvent event =
                event("client={}", "a\r\n2026-01-01 ERROR forged \u001b[2J\u202e\u2028\u0000\u009b\u200b\ud800");
        event.setKeyValuePairs(List.of(new KeyValuePair("topic", "x\ny=z")));
        String line = new LogLine().doLayout(event);
        assertThat(line.chars().filter(c -> c == '\n').count()).isEqualTo(1);
        assertThat(line)
                .contains("a\\r\\n2026-01-01 ERROR forged \\u{1b}[2J\\u{202e}\\u{2028}\\u{0}\\u{9b}\\u{200b}\\u{d800}")
                .contains("topic=x\\ny=z");
    }

    @Test
    void a_stack_trace_has_lines_of_its_own_with_its_messages_escaped() {
        LoggingEvent event = new LoggingEvent(
                "x",
                LOGS.getLogger("a"),
                Level.ERROR,
                "failed",
                new IllegalStateException("outer\nforged", new IllegalArgumentException("inner")),
                null);
        assertThat(new LogLine().doLayout(event))
                .contains("\n  java.lang.IllegalStateException: outer\\nforged\n    at ")
                .contains("\n  because of java.lang.IllegalArgumentException: inner\n");
    }

    @ParameterizedTest
    @CsvSource({
        "plain,plain",
        "gr\u00fc\u00dfe \u4f60\u597d \ud83d\ude00,gr\u00fc\u00dfe \u4f60\u597d \ud83d\ude00",
        "'tab\t','tab\\t'"
    })
    void ordinary_text_of_any_language_stays_as_it_is(String text, String shown) {
        assertThat(Printable.text(text)).isEqualTo(shown);
    }
}

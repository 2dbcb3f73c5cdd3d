// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/**
 * One event a line: {@code time level logger message key=value …}. Whatever came from a client is escaped, so that it
 * can neither begin a line nor move the cursor of a terminal. A stack trace follows on lines of its own.
 */
final class LogLine extends LayoutBase<ILoggingEvent> {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX").withZone(ZoneId.systemDefault());

    private static final int DEEPEST_CAUSE = 8;

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(160);
        line.append(TIME.format(Instant.ofEpochMilli(event.getTimeStamp())))
                .append(String.format(" %-5s ", event.getLevel()))
                .append(event.getLoggerName())
                .append(' ')
                .append(Printable.text(String.valueOf(event.getFormattedMessage())));
        if (event.getKeyValuePairs() != null) {
            for (KeyValuePair pair : event.getKeyValuePairs()) {
                pair(line, pair.key, String.valueOf(pair.value));
            }
        }
        for (Map.Entry<String, String> pair : event.getMDCPropertyMap().entrySet()) {
            pair(line, pair.getKey(), pair.getValue());
        }
        line.append('\n');
        IThrowableProxy failure = event.getThrowableProxy();
        for (int depth = 0; failure != null && depth < DEEPEST_CAUSE; depth++) {
            trace(line, failure, depth > 0);
            failure = failure.getCause();
        }
        return line.toString();
    }

    private static void pair(StringBuilder line, String key, String value) {
        boolean quoted = value.isEmpty() || value.indexOf(' ') >= 0 || value.indexOf('"') >= 0;
        String text = Printable.text(value);
        line.append(' ').append(Printable.text(key)).append('=');
        line.append(quoted ? '"' + text.replace("\"", "\\\"") + '"' : text);
    }

    private static void trace(StringBuilder line, IThrowableProxy failure, boolean cause) {
        line.append(cause ? "  because of " : "  ").append(failure.getClassName());
        if (failure.getMessage() != null) {
            line.append(": ").append(Printable.text(failure.getMessage()));
        }
        line.append('\n');
        StackTraceElementProxy[] frames = failure.getStackTraceElementProxyArray();
        for (int i = 0; i < frames.length - failure.getCommonFrames(); i++) {
            line.append("    ").append(frames[i].getSTEAsString()).append('\n');
        }
    }
}

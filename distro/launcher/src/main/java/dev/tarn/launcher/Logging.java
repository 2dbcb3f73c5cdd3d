// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import ch.qos.logback.core.spi.FilterReply;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** Sends the log to the terminal: what an operator should act on to standard error, the rest to standard output. */
final class Logging {

    private Logging() {}

    /** Begins to log from this level on. */
    static void begin(String level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender(context, ConsoleTarget.SystemOut, false));
        root.addAppender(appender(context, ConsoleTarget.SystemErr, true));
        root.setLevel(Level.toLevel(level.toUpperCase(Locale.ROOT)));
        quiet(context, "io.netty", level);
        quiet(context, "jetbrains.exodus", level);
    }

    /** Libraries chatter at info and debug; they are heard from one level further down. */
    private static void quiet(LoggerContext context, String logger, String level) {
        boolean listening = level.equalsIgnoreCase("debug") || level.equalsIgnoreCase("trace");
        context.getLogger(logger).setLevel(listening ? Level.INFO : Level.WARN);
    }

    private static ConsoleAppender<ILoggingEvent> appender(LoggerContext context, ConsoleTarget target, boolean grave) {
        LogLine layout = new LogLine();
        layout.setContext(context);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setLayout(layout);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget(target.getName());
        appender.setEncoder(encoder);
        appender.addFilter(new Filter<>() {
            @Override
            public FilterReply decide(ILoggingEvent event) {
                return event.getLevel().isGreaterOrEqual(Level.WARN) == grave ? FilterReply.NEUTRAL : FilterReply.DENY;
            }
        });
        appender.start();
        return appender;
    }

    /** Writes out what is buffered. */
    static void end() {
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.log.LogEntry;
import org.osgi.service.log.Logger;
import org.osgi.service.log.LoggerFactory;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Copies the process's log into OSGi's log service, which keeps its latest entries and which the console's page reads.
 * What came from there is not sent back.
 */
final class LogCopy extends AppenderBase<ILoggingEvent> {

    private static final String PREFIX = "tarn:";

    private final ServiceTracker<LoggerFactory, LoggerFactory> service;

    private LogCopy(BundleContext context) {
        service = new ServiceTracker<>(context, LoggerFactory.class, null);
        service.open();
    }

    /** Copies from now on, while there is a log service. */
    static void begin(BundleContext context) {
        LoggerContext log = (LoggerContext) org.slf4j.LoggerFactory.getILoggerFactory();
        LogCopy copy = new LogCopy(context);
        copy.setContext(log);
        copy.setName("osgi");
        copy.start();
        log.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(copy);
    }

    /** Whether the entry is one of these copies. */
    static boolean made(LogEntry entry) {
        return entry.getLoggerName().startsWith(PREFIX);
    }

    /** On the thread that logs. */
    @Override
    protected void append(ILoggingEvent event) {
        LoggerFactory factory = service.getService();
        if (factory == null
                || (event.getMarkerList() != null && event.getMarkerList().contains(FrameworkLog.FROM_OSGI))) {
            return;
        }
        Logger logger = factory.getLogger(PREFIX + event.getLoggerName());
        String message = event.getLoggerName() + " " + event.getFormattedMessage();
        write(logger, event.getLevel(), message, failure(event));
    }

    private static @Nullable Throwable failure(ILoggingEvent event) {
        return event.getThrowableProxy() instanceof ThrowableProxy proxy ? proxy.getThrowable() : null;
    }

    private static void write(Logger logger, Level level, String message, @Nullable Throwable failure) {
        // Message and failure are arguments: a brace in the message is no placeholder.
        switch (level.toInt()) {
            case Level.ERROR_INT -> logger.error("{}", message, failure);
            case Level.WARN_INT -> logger.warn("{}", message, failure);
            case Level.INFO_INT -> logger.info("{}", message, failure);
            default -> logger.debug("{}", message, failure);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.log.LogEntry;
import org.osgi.service.log.LogLevel;
import org.osgi.service.log.LogListener;
import org.osgi.service.log.LogReaderService;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * Passes what the framework and its bundles say to OSGi's own log on to the one log of the process. Bundles, services
 * and components that come and go are told at debug only. While starting everything is held back, since the launcher
 * tells in one line why a start failed.
 */
final class FrameworkLog implements LogListener, ServiceTrackerCustomizer<LogReaderService, LogReaderService> {

    /** On what comes from OSGi's log, so that {@link LogCopy} does not send it back. */
    static final Marker FROM_OSGI = MarkerFactory.getMarker("OSGI");

    private static final Set<String> EVENTS =
            Set.of("Events.Bundle", "Events.Service", "Events.Framework", "LogService");

    private static final int HELD = 200;

    private final BundleContext context;
    private final Queue<LogEntry> held = new ArrayDeque<>();
    private boolean holding = true;

    FrameworkLog(BundleContext context) {
        this.context = context;
    }

    /** Follows the log service for as long as the framework runs. */
    void begin() {
        new ServiceTracker<>(context, LogReaderService.class, this).open();
    }

    @Override
    public LogReaderService addingService(ServiceReference<LogReaderService> reference) {
        LogReaderService reader = context.getService(reference);
        reader.addLogListener(this);
        return reader;
    }

    @Override
    public void modifiedService(ServiceReference<LogReaderService> reference, LogReaderService reader) {
        // Its properties do not matter here.
    }

    @Override
    public void removedService(ServiceReference<LogReaderService> reference, LogReaderService reader) {
        reader.removeLogListener(this);
    }

    /** Shows what was held back while starting: it is news now, and was not the reason for a failed start. */
    synchronized void release() {
        holding = false;
        held.forEach(this::show);
        held.clear();
    }

    /** On the log service's thread. */
    @Override
    public synchronized void logged(LogEntry entry) {
        if (LogCopy.made(entry)) {
            return;
        }
        if (!holding) {
            show(entry);
        } else if (held.size() < HELD) {
            held.add(entry);
        }
    }

    private void show(LogEntry entry) {
        boolean event = EVENTS.contains(entry.getLoggerName());
        LogLevel level = entry.getLogLevel();
        boolean grave = level == LogLevel.ERROR || level == LogLevel.WARN || level == LogLevel.AUDIT;
        if (event && !grave && !LoggerFactory.getLogger("osgi").isDebugEnabled()) {
            return;
        }
        String bundle = entry.getBundle() == null ? "osgi" : entry.getBundle().getSymbolicName();
        Logger logger = LoggerFactory.getLogger(bundle);
        String message = entry.getMessage();
        Throwable failure = entry.getException();
        switch (level) {
            case AUDIT, ERROR -> logger.error(FROM_OSGI, message, failure);
            case WARN -> logger.warn(FROM_OSGI, message, failure);
            case INFO -> logger.debug(FROM_OSGI, message, failure);
            case DEBUG, TRACE -> logger.trace(FROM_OSGI, message, failure);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of what applications throw: a refusal stays one, anything else is a bug of theirs. */
final class Mishap {

    private static final Logger LOG = LoggerFactory.getLogger(Mishap.class);

    private Mishap() {}

    /** The failure that the caller is told. A bug is logged, with the application's own line in front. */
    static Throwable of(Errands.Place place, Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof Failure refusal) {
            return refusal;
        }
        String line = line(place.logic().code(), cause.getStackTrace());
        LOG.error(
                "logic failed: application={} action={} path={} at={}",
                place.mounted().application(),
                place.action(),
                place.path(),
                line,
                cause);
        return Failure.of(500, "the application failed" + (line.isEmpty() ? "" : " at " + line));
    }

    /** The innermost line of the application itself, whose classes the loader has; empty when there is none. */
    static String line(ClassLoader loader, StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            if (frame.getFileName() != null && own(loader, frame.getClassName())) {
                return frame.getFileName() + ":" + frame.getLineNumber();
            }
        }
        return "";
    }

    private static boolean own(ClassLoader loader, String name) {
        if (name.startsWith("dev.tarn.api.") || name.startsWith("java.") || name.startsWith("jdk.")) {
            return false;
        }
        try {
            return Class.forName(name, false, loader).getClassLoader() == loader;
        } catch (ClassNotFoundException | LinkageError other) {
            return false;
        }
    }

    /** A commit of nothing, now. */
    static Commit nothing(Commons commons) {
        return new Commit(0, commons.settings().clock().millis(), List.of());
    }

    /** A refusal that logic answered instead of throwing it. */
    static Failure refused(dev.tarn.api.application.Answer answer) {
        String reason = answer.said() instanceof dev.tarn.api.application.Answer.Value value
                ? Schema.shown(String.valueOf(value.body().value()))
                : "the application refused it";
        return Failure.of(answer.status(), reason);
    }
}

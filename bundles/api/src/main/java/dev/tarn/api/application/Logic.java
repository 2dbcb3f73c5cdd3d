// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.time.Duration;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What an application does instead of a plain table, or at a path without one. Every request of every protocol goes
 * through it. Where {@link Action#PUT} is overridden, so are the actions that end in it unless they are themselves: PATCH,
 * and POST of a new row; then put is called with the whole row.
 *
 * <p>Called on threads for applications, where it may block, by several at once. Each call is one transaction: what it
 * wrote and said takes effect when the answer is there, all of it or nothing. Where another transaction was faster, the
 * call is made anew, so it must not do elsewhere what cannot be done twice.
 */
@ConsumerType
public interface Logic {

    /** How long a call may take where the logic does not say. */
    Duration LIMIT = Duration.ofSeconds(5);

    /** Which actions it answers; the others are answered by the plain table. Asked once. */
    Set<Action> actions();

    /**
     * Answers one request. Who is interrupted has taken too long; what he did is undone.
     *
     * @throws dev.tarn.api.data.Failure to refuse it. Anything else thrown is a bug of the application: the caller is told
     *     no more than that
     */
    Answer answer(Call call) throws Exception;

    /** How long a call may take until the caller is told UNAVAILABLE. Asked once. */
    default Duration limit() {
        return LIMIT;
    }

    /** What loaded its classes, so that a mistake is told with the application's own line. Asked where one is made. */
    default ClassLoader code() {
        return getClass().getClassLoader();
    }

    /** No call is under way and none will come: called once, on a thread for applications, some time after it is replaced. */
    default void retired() {}
}

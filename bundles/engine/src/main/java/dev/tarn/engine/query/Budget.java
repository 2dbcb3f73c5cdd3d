// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Failure;

/** What one query has taken so far. For one thread at a time. */
final class Budget {

    private final Limits limits;
    private final Reserve reserve;
    private final String advice;
    private long rows;
    private long nanoseconds;
    private long held;

    /** @param advice what to do when it is spent */
    Budget(Limits limits, Reserve reserve, String advice) {
        this.limits = limits;
        this.reserve = reserve;
        this.advice = advice;
    }

    /** So many rows were looked at and not returned. */
    void looked(long more) {
        rows += more;
        if (rows > limits.rows()) {
            throw spent("looked at " + limits.rows() + " rows that are no answer");
        }
    }

    /** A worker was at it so long without an answer. */
    void worked(long more) {
        nanoseconds += more;
        if (nanoseconds > limits.time().toNanos()) {
            throw spent("took " + limits.time().toSeconds() + " s without an answer");
        }
    }

    /** So many bytes are held more than before, or fewer if negative. */
    void holds(long more) {
        if (more != 0) {
            reserve.take(more);
            held += more;
            if (held > limits.memory()) {
                throw spent("would hold more than " + limits.memory() + " bytes of rows to sort or gather them");
            }
        }
    }

    /** Gives everything back. */
    void release() {
        reserve.take(-held);
        held = 0;
    }

    private Failure spent(String what) {
        return new Failure(Failure.Code.MALFORMED, "the query " + what + "; " + advice);
    }
}

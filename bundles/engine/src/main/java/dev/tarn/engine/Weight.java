// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;

/** Roughly what a change takes in memory, in bytes. */
final class Weight {

    /** The change itself and what holds it. */
    static final int CHANGE = 128;

    private Weight() {}

    static long of(Change change) {
        Body body = change.body();
        return body == null ? CHANGE : CHANGE + body.size();
    }
}

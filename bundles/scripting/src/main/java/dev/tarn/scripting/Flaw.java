// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Failure;
import java.util.List;

/**
 * Something that is wrong with a script.
 *
 * @param line counted from 1; 0 when it is about the file as a whole
 */
record Flaw(String file, int line, String text) {

    /** The refusal of an application that has these; at least one. */
    static Failure refusal(List<Flaw> flaws) {
        return new Failure(
                Failure.Code.INVALID,
                flaws.get(0).toString(),
                flaws.stream().map(Flaw::toString).toList());
    }

    /** Something else that is wrong at the same place. */
    Flaw on(String other) {
        return new Flaw(file, line, other);
    }

    /** File and line. */
    String place() {
        return file + (line > 0 ? ":" + line : "");
    }

    @Override
    public String toString() {
        return place() + ": " + text;
    }
}

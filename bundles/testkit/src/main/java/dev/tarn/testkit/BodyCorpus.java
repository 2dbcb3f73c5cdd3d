// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;

/** Bodies that must be refused, from {@code bodies/bodies.txt}, whose head explains it. */
public final class BodyCorpus {

    /**
     * One case.
     *
     * @param notation the bytes as they are written in the file; they may be tens of megabytes
     * @param code how it is refused
     * @param says a part of the reason
     */
    public record Case(String name, String mediaType, String notation, Failure.Code code, String says) {
        /** The body, made anew by each call. */
        public byte[] bytes() {
            return Notation.bytes(notation);
        }

        @Override
        public String toString() {
            return mediaType + " " + name;
        }
    }

    private BodyCorpus() {}

    /** All cases, in the order of the file. */
    public static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (String[] line : CorpusFile.lines("/bodies/bodies.txt", 5)) {
            Failure.Code code = switch (line[3]) {
                case "malformed" -> Failure.Code.MALFORMED;
                case "too large" -> Failure.Code.TOO_LARGE;
                default -> throw new IllegalArgumentException(line[3]);
            };
            cases.add(new Case(line[0], line[1], line[2], code, line[4]));
        }
        return cases;
    }
}

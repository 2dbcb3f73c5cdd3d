// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.util.ArrayList;
import java.util.List;

/** HTTP/1.1 requests with what a server must answer, from {@code http/requests.txt}, whose head explains it. */
public final class RequestCorpus {

    /**
     * One case.
     *
     * @param notation what is sent, as it is written in the file
     * @param status of the first answer
     * @param stays whether the connection takes another request afterwards
     */
    public record Case(String name, String notation, int status, boolean stays) {
        /** What is sent. */
        public byte[] bytes() {
            return Notation.bytes(notation);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private RequestCorpus() {}

    /** All cases, in the order of the file. */
    public static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (String[] line : CorpusFile.lines("/http/requests.txt", 4)) {
            cases.add(new Case(
                    line[0],
                    line[1],
                    Integer.parseInt(line[2]),
                    switch (line[3]) {
                        case "open" -> true;
                        case "close" -> false;
                        default -> throw new IllegalArgumentException(line[3]);
                    }));
        }
        return cases;
    }
}

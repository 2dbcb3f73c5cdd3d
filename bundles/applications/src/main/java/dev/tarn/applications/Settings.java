// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What config.yaml says.
 *
 * @param schemas where the tables are declared
 * @param roles where the roles are declared
 * @param data where rows are that the tables are to have
 * @param pages the static files; null for none
 */
record Settings(
        List<Located> schemas,
        List<Located> roles,
        List<Located> data,
        @Nullable Pages pages) {

    /**
     * A pattern and the line it is on.
     *
     * @param line 0 when nobody wrote it
     */
    record Located(Glob glob, int line) {}

    /**
     * Section {@code static}.
     *
     * @param prefix the URL path that the files are put under, with slashes at both ends
     * @param index whether {@code index.html} answers for its folder
     * @param extensions what may be left away at the end of a name, without dots
     */
    record Pages(List<Located> files, String prefix, boolean index, List<String> extensions) {}

    /** For an application without config.yaml. */
    static final Settings DEFAULT = new Settings(
            List.of(new Located(Glob.of("*.graphql"), 0)),
            List.of(),
            List.of(),
            new Pages(List.of(new Located(Glob.of("web/**"), 0)), "/", true, List.of()));
}

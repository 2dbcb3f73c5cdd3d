// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import graphql.language.Node;
import graphql.language.SourceLocation;

/** Where something is in its file. */
final class Lines {
    private Lines() {}

    /** Counted from 1; 0 when it is not known. */
    static int of(Node<?> node) {
        SourceLocation location = node.getSourceLocation();
        return location == null ? 0 : location.getLine();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.User;
import java.util.Optional;
import java.util.Set;

/**
 * Which table answers for a path, whoever asks: for reading a URL and for telling a row's id from its path, which must not
 * depend on whose rights come first. What it finds out is not for telling. Safe on any thread, never blocks.
 */
public final class KnownTables {
    private final Resources resources;
    private final Context node;

    public KnownTables(Resources resources) {
        this.resources = resources;
        this.node = resources.context(new User("node", Set.of(), true), "node", "node", null);
    }

    /** The table that answers for this path. */
    public Optional<Table> answering(Path path) {
        return resources.table(node, path);
    }
}

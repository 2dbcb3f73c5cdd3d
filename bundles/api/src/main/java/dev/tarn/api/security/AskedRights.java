// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import dev.tarn.api.data.Table;
import java.util.List;

/** Rights that are asked for each time, from an {@link Access} that knows verbs and paths only. */
record AskedRights(Access access, User user) implements Rights {

    @Override
    public long epoch() {
        return access.epoch();
    }

    @Override
    public boolean known() {
        return true;
    }

    @Override
    public boolean everything() {
        return user.administrator();
    }

    @Override
    public TableRights of(Table table) {
        return new Asked(access, user, table);
    }

    @Override
    public boolean operation(String name) {
        return user.administrator();
    }

    private record Asked(Access access, User user, Table table) implements TableRights {
        @Override
        public boolean allows(Access.Verb verb, String path) {
            return access.allows(user, verb, table, path);
        }

        @Override
        public List<Grant> grants(Access.Verb verb) {
            return List.of();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.store.Draft;
import java.util.List;
import jetbrains.exodus.env.Transaction;

/** What the committer does about once a second beside its queue. On the committer thread. */
final class Chores {

    /** Rows that one round removes, so that writers wait for no more than that. */
    private static final int ROWS = 500;

    private final Database database;
    private final Catalog catalog;

    Chores(Database database, Catalog catalog) {
        this.database = database;
        this.catalog = catalog;
    }

    /** Drafts that remove rows whose time was over at this moment. */
    List<Draft> due(long now) {
        Transaction transaction = database.environment.beginReadonlyTransaction();
        try {
            return Expiry.due(database, catalog, transaction, now, ROWS);
        } finally {
            transaction.abort();
        }
    }
}

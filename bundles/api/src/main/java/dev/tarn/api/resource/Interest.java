// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Change;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription wants of the changes that its filter covers.
 *
 * @param qos the highest quality of service at which it is served, 0 to 2: when the mailbox is full, an unlogged message
 *     is dropped and counted where the lesser of this and the message's own is 0, else the mailbox ends with BUSY
 * @param noLocal whether changes made through a context of the same origin are left out [MQTT-3.8.3-3]
 * @param group the shared group of which it is a member, so that each change goes to one member only; null for none.
 *     Members share by group name and filter; current rows are not sent to them
 * @param query conditions and select in the query language, as they stand in a URL: only rows that match are delivered, each
 *     query's apart from others, and rows that begin or cease to match as such ({@link Crossing}). The filter must stay
 *     within one table. Null for all rows
 * @param database only tables of this database; null for all that the filter covers
 * @param newest whether a change of a row that still waits for the subscriber gives way to a later one of the same row. Messages
 *     are never left out
 */
public record Interest(
        int qos,
        boolean noLocal,
        @Nullable String group,
        @Nullable String query,
        @Nullable String database,
        boolean newest,
        @Nullable Predicate<Change> where) {

    /** Everything. */
    public static final Interest ALL = new Interest(2, false, null);

    public Interest {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("qos " + qos + " is not 0, 1 or 2");
        }
        if (query != null && group != null) {
            throw new IllegalArgumentException("a member of a group has no query");
        }
        if (newest && group != null) {
            throw new IllegalArgumentException("a member of a group gets what the group gives it");
        }
    }

    /** Without a query, of all databases. */
    public Interest(int qos, boolean noLocal, @Nullable String group) {
        this(qos, noLocal, group, null, null, false, null);
    }

    /** The same, of the rows that a query finds. */
    public Interest querying(@Nullable String text) {
        return new Interest(qos, noLocal, group, text, database, newest, where);
    }

    /** The same, of one database. */
    public Interest within(@Nullable String name) {
        return new Interest(qos, noLocal, group, query, name, newest, where);
    }

    /** The same, of each row only the newest of the changes that wait, or all of them. */
    public Interest newest(boolean only) {
        return new Interest(qos, noLocal, group, query, database, only, where);
    }

    /** The same, of what a condition is true of. */
    public Interest where(@Nullable Predicate<Change> condition) {
        return new Interest(qos, noLocal, group, query, database, newest, condition);
    }

    /** Everything, served at no more than this quality of service. */
    public static Interest atMost(int qos) {
        return new Interest(qos, false, null);
    }
}

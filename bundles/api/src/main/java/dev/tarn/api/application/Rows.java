// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Found;
import java.util.Iterator;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A table inside a transaction. Rows that are read by id are as this transaction has written them, and are checked at its
 * end: when another has changed them meanwhile, the call is made anew. Queries see what was committed when they began, not
 * what this transaction wrote, and are not checked again. Methods may block; all throw
 * {@link dev.tarn.api.data.Failure}.
 */
@ProviderType
public interface Rows {
    Table table();

    /** One row, with everything that it has. */
    Optional<Row> get(String id);

    /** Rows by the query language, as it stands in a URL; empty for all. Ends with the call at the latest. */
    Iterator<Row> find(String query);

    /** As {@link #find}, to be answered as it is: goes on after the call. */
    Found search(String query);

    /** Creates or replaces a row. */
    default void put(String id, Body body) {
        put(id, body, Attributes.NONE);
    }

    /** As {@link #put(String, Body)}; attributes that the caller sent are kept beside these where none of these are given. */
    void put(String id, Body body, Attributes attributes);

    /** Changes a row in part, as {@link dev.tarn.api.resource.Resource#patch}. Fails with NOT_FOUND. */
    void patch(String id, Body body);

    /** Removes a row; false when there was none. */
    boolean delete(String id);

    /** Creates a row whose id is in the body or made up, and returns the id. Fails with CONFLICT if it exists. */
    String create(Body body);

    /** Says something at a row's path, once the transaction is committed. */
    void publish(String id, Body body);
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Row;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import org.osgi.annotation.versioning.ProviderType;

/** The answer to a {@link Search}. Safe on any thread. */
@ProviderType
public interface Found {

    /**
     * The rows, as fast as they are asked for, once; canceling stops the work. Where the query selects or gathers, the
     * bodies are what it asked for. Fails with MALFORMED when the query takes more than a query may.
     */
    Flow.Publisher<Row> rows();

    /** Whether the answer is the one row's body itself rather than a list of rows. */
    boolean single();

    /** How the rows are found, in a few words: {@code id}, {@code index temp}, {@code scan}. */
    String access();

    /** How many matching rows are before the first one; -1 behind a cursor, where nobody knows. */
    long offset();

    /** At most so many rows are returned; {@link Long#MAX_VALUE} for all. */
    long limit();

    /** How many rows match in all, if the search asked for that. */
    OptionalLong total();

    /**
     * What goes between the brackets of {@code after(…)} to go on behind the last row. Known once all rows have come, and
     * only if there are as many as the limit allows.
     */
    Optional<String> next();
}

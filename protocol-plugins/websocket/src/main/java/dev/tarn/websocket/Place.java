// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.transport.KnownTables;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a socket was opened, so that ids in its messages are known to be ids of something.
 *
 * @param resource the first segment of its paths; empty for the root table
 * @param row the path that it was opened on, if that is one row's; null on a whole table or a filter
 */
record Place(String resource, @Nullable Path row) {

    /** The place that these segments of a URL name. */
    static Place of(List<String> segments, KnownTables tables) {
        String text = String.join("/", segments);
        if (text.isEmpty() || text.indexOf('+') >= 0 || text.indexOf('#') >= 0) {
            String first = segments.isEmpty() ? "" : segments.get(0);
            return new Place(first.equals("+") || first.equals("#") ? "" : first, null);
        }
        Path path = Path.of(text);
        Optional<Table> table = tables.answering(path);
        boolean root = table.map(Table::root).orElse(false);
        boolean whole = segments.size() == 1 && !root;
        boolean below = segments.get(segments.size() - 1).isEmpty();
        return new Place(root ? "" : path.first(), whole || below ? null : path);
    }

    /**
     * The path that a request names, by its own path, by an id here, or by not naming any.
     *
     * @return null when it names none and this is not a row's place
     */
    @Nullable
    Path path(Request request) {
        String path = request.text("path");
        if (path != null) {
            return Path.of(path);
        }
        String id = request.text("id");
        return id == null ? row : Path.of(under(id));
    }

    /** The filter that a request names. */
    Filter filter(Request request) {
        String path = request.text("path");
        String id = request.text("id");
        if (path == null && id == null) {
            throw new Failure(
                    Failure.Code.MALFORMED, "a " + request.verb().word() + " needs a path, such as \"Sensors/#\"");
        }
        return Filter.of(path != null ? path : under(String.valueOf(id)));
    }

    private String under(String id) {
        return resource.isEmpty() ? id : resource + "/" + id;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import org.jspecify.annotations.Nullable;

/** A table that paths lead to, with what is asked of it for every path. Immutable. */
final class Exported {

    private final Table table;
    private final String name;
    private final Schema schema;
    private final boolean numeric;
    private final boolean narrow;
    private final @Nullable Mounted mounted;

    Exported(Table table, Schema schema) {
        this(table, schema, null);
    }

    /** @param mounted logic over the table, or at its path; null for none */
    Exported(Table table, Schema schema, @Nullable Mounted mounted) {
        this.mounted = mounted;
        this.table = table;
        this.name = table.qualifiedName();
        this.schema = schema;
        this.numeric = table.numericIds();
        this.narrow =
                table.primaryKey().map(key -> key.type() == Attribute.Type.INT).orElse(false);
    }

    Table table() {
        return table;
    }

    /** The qualified name; the same String each time. */
    String name() {
        return name;
    }

    Schema schema() {
        return schema;
    }

    /** An application's logic over the table, or null. */
    @Nullable
    Mounted mounted() {
        return mounted;
    }

    /** Whether there is no table, only logic at a path. */
    boolean endpoint() {
        return mounted != null && mounted.endpoint();
    }

    /** The first segment of its paths; empty for the root table. */
    String export() {
        String export = table.export();
        return export == null ? "" : export;
    }

    /**
     * The canonical form of a path of this table.
     *
     * @throws Failure MALFORMED when ids are numbers and this one is not
     */
    Path canonical(Path path) {
        Path spelled = table.root() ? path : path.withFirst(export());
        String id = table.id(spelled);
        if (!numeric || id == null || id.isEmpty()) {
            return spelled;
        }
        String number = number(id);
        return number.equals(id) ? spelled : table.path(number);
    }

    /** The canonical form of a filter of this table; one that can cover no row stays as it is. */
    Filter canonical(Filter filter) {
        Filter spelled = table.root() ? filter : filter.withFirst(export());
        if (numeric && !table.root() && spelled.exact()) {
            String text = spelled.text();
            int slash = text.indexOf('/');
            if (slash > 0 && isNumber(text.substring(slash + 1))) {
                return Filter.of(canonical(Path.of(text)));
            }
        }
        return spelled;
    }

    /**
     * The canonical path of the row with this id.
     *
     * @throws Failure MALFORMED when it cannot be an id
     */
    Path row(String id) {
        return table.path(numeric ? number(id) : id);
    }

    /** The id in a canonical path, or null when it names the table itself. */
    @Nullable
    String id(Path path) {
        String id = table.id(path);
        return id == null || id.isEmpty() ? null : id;
    }

    /** Whether this is the canonical path of a row that could exist. */
    boolean isRow(Path path) {
        String id = id(path);
        return id != null && (!numeric || id.equals(plain(id)));
    }

    private static String plain(String number) {
        try {
            return Long.toString(Long.parseLong(number));
        } catch (NumberFormatException tooLong) {
            return "";
        }
    }

    private static boolean isNumber(String id) {
        int from = id.startsWith("-") ? 1 : 0;
        if (id.length() == from || id.length() > 20) {
            return false;
        }
        for (int i = from; i < id.length(); i++) {
            if (id.charAt(i) < '0' || id.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private String number(String id) {
        if (isNumber(id)) {
            try {
                long number = Long.parseLong(id);
                if (!narrow || number == (int) number) {
                    return Long.toString(number);
                }
            } catch (NumberFormatException tooLong) {
                throw notANumber(id);
            }
        }
        throw notANumber(id);
    }

    private Failure notANumber(String id) {
        String shown = id.length() > 40 ? id.substring(0, 40) + "…" : id;
        return new Failure(
                Failure.Code.MALFORMED,
                "ids of " + name + " are whole numbers of " + (narrow ? 32 : 64) + " bits, not \"" + shown + "\"");
    }

    @Override
    public String toString() {
        return name;
    }
}

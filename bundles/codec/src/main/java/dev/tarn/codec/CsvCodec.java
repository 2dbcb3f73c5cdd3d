// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * A list of objects as CSV (RFC 4180): a header, then a line for each. Everything that is read is text, since CSV says no
 * more; an empty field without quotes is left out. What is written is safe to open in a spreadsheet: a text that one would
 * take for a formula gets an apostrophe before it. Lists and maps are written as JSON. Safe on any thread, never blocks.
 */
@Component(service = Codec.class, configurationPid = "dev.tarn.codec", property = "name=csv")
public final class CsvCodec implements Codec {

    private static final Set<String> MEDIA_TYPES = Types.ordered("text/csv");

    /** The column of elements that are not objects. */
    private static final String VALUE = "value";

    private final JsonCodec json;
    private final Limits limits;

    /** The codec as the framework makes it. */
    @Activate
    public CsvCodec(Limits.Config config) {
        this(Limits.of(config));
    }

    /** The codec with the default limits. */
    public CsvCodec() {
        this(Limits.DEFAULT);
    }

    CsvCodec(Limits limits) {
        this.limits = limits;
        this.json = new JsonCodec(limits);
    }

    @Override
    public Set<String> mediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    public List<Map<String, Object>> decode(byte[] bytes) {
        CsvReader reader = new CsvReader(bytes, limits);
        List<@Nullable String> header = reader.line();
        List<Map<String, Object>> rows = new ArrayList<>();
        if (header == null) {
            return rows;
        }
        List<String> names = names(header);
        for (List<@Nullable String> line = reader.line(); line != null; line = reader.line()) {
            if (line.size() != names.size()) {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        line.size() + " fields where the header has " + names.size() + ", in line "
                                + reader.lineNumber());
            }
            Map<String, Object> row = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                String field = line.get(i);
                if (field != null) {
                    row.put(names.get(i), field);
                }
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<String> names(List<@Nullable String> header) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : header) {
            if (name == null || !names.add(name)) {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        name == null
                                ? "a column without a name, in line 1"
                                : "the column " + Refusal.shown(name) + " comes twice, in line 1");
            }
        }
        return List.copyOf(names);
    }

    @Override
    public byte[] encode(@Nullable Object value) {
        Collection<?> elements = value instanceof Collection<?> list ? list : List.of(value == null ? "" : value);
        Set<String> columns = new LinkedHashSet<>();
        for (Object element : elements) {
            if (element instanceof Map<?, ?> map) {
                map.keySet().forEach(key -> columns.add(String.valueOf(key)));
            } else {
                columns.add(VALUE);
            }
        }
        Output out = new Output(256);
        separated(out, columns);
        for (Object element : elements) {
            List<@Nullable Object> fields = new ArrayList<>(columns.size());
            for (String column : columns) {
                fields.add(element instanceof Map<?, ?> map ? map.get(column) : column.equals(VALUE) ? element : null);
            }
            separated(out, fields);
        }
        return out.toByteArray();
    }

    private void separated(Output out, Collection<? extends @Nullable Object> fields) {
        boolean first = true;
        for (Object field : fields) {
            if (!first) {
                out.put(',');
            }
            first = false;
            field(out, field);
        }
        out.put('\r');
        out.put('\n');
    }

    private void field(Output out, @Nullable Object value) {
        if (value == null) {
            return;
        }
        if (value instanceof String text) {
            text(out, text);
            return;
        }
        String written = Utf8.text(json.encode(value));
        if (written.startsWith("\"")) {
            text(out, written.substring(1, written.length() - 1));
        } else {
            quoted(out, written);
        }
    }

    private static void text(Output out, String text) {
        quoted(out, formula(text) ? "'" + text : text);
    }

    /** Whether a spreadsheet may take the text for a formula (CWE-1236). */
    private static boolean formula(String text) {
        return !text.isEmpty() && "=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20".indexOf(text.charAt(0)) >= 0;
    }

    private static void quoted(Output out, String text) {
        boolean plain = !text.isEmpty() && !text.startsWith(" ") && !text.endsWith(" ");
        for (int i = 0; plain && i < text.length(); i++) {
            plain = ",;\"\r\n\t".indexOf(text.charAt(i)) < 0;
        }
        if (plain) {
            out.utf8(text);
        } else {
            out.put('"');
            out.utf8(text.replace("\"", "\"\""));
            out.put('"');
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was declared about tables when they were last deployed, in {@code system.schemas}, so that a deployment can tell what
 * it changes. Blocks.
 */
final class Schemas {
    private static final Table TABLE = new Table(
            Table.SYSTEM,
            "schemas",
            null,
            List.of(Attribute.primaryKey("id", Attribute.Type.STRING)),
            Table.Rules.STATE);

    private final Commons commons;

    /**
     * What is remembered of a table.
     *
     * @param keys the attributes that are the id, in order, with their types
     * @param rules by attribute, whatever restricts its values; under the empty name, what restricts the row
     * @param computed by attribute, how it is computed
     * @param computing whether rows are still being computed anew
     */
    record Known(List<String> keys, Map<String, String> rules, Map<String, String> computed, boolean computing) {
        static Known of(Table table) {
            Map<String, String> rules = new TreeMap<>();
            Map<String, String> computed = new TreeMap<>();
            List<String> keys = new ArrayList<>();
            for (Attribute attribute : table.attributes()) {
                if (attribute.primaryKey()) {
                    keys.add(attribute.name() + " " + attribute.type());
                } else if (attribute.stored()) {
                    rules.put(attribute.name(), rule(attribute));
                }
                attribute
                        .traits()
                        .computed()
                        .ifPresent(
                                how -> computed.put(attribute.name(), how.expression() + " version " + how.version()));
            }
            rules.put("", table.rules().sealed() ? "sealed" : "open");
            return new Known(keys, rules, computed, false);
        }

        private static String rule(Attribute attribute) {
            Traits traits = attribute.traits();
            StringBuilder rule = new StringBuilder()
                    .append(attribute.type())
                    .append(attribute.list() ? " list" : "")
                    .append(attribute.required() ? " required" : "")
                    .append(attribute.elementRequired() ? " elements required" : "")
                    .append(traits.unique() ? " unique" : "")
                    .append(traits.values().isEmpty() ? "" : " of " + traits.values())
                    .append(traits.bounds().equals(Traits.Bounds.NONE) ? "" : " " + traits.bounds());
            for (Attribute nested : attribute.nested()) {
                rule.append(" {")
                        .append(nested.name())
                        .append(' ')
                        .append(rule(nested))
                        .append('}');
            }
            return rule.toString();
        }

        Known computing(boolean still) {
            return new Known(keys, rules, computed, still);
        }
    }

    Schemas(Commons commons) {
        this.commons = commons;
        commons.store().define(TABLE);
    }

    /** What was declared about the table; null when it is new. */
    @Nullable
    Known known(Table table) {
        try (Snapshot snapshot = commons.store().snapshot()) {
            return snapshot.get(TABLE, TABLE.path(table.qualifiedName()))
                    .map(row -> row.body().value() instanceof Map<?, ?> map ? read(map) : null)
                    .orElse(null);
        }
    }

    private static Known read(Map<?, ?> row) {
        List<String> keys = new ArrayList<>();
        if (row.get("keys") instanceof List<?> list) {
            list.forEach(each -> keys.add(String.valueOf(each)));
        }
        return new Known(
                keys, texts(row.get("rules")), texts(row.get("computed")), Boolean.TRUE.equals(row.get("computing")));
    }

    private static Map<String, String> texts(@Nullable Object value) {
        Map<String, String> texts = new TreeMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, text) -> texts.put(String.valueOf(name), String.valueOf(text)));
        }
        return texts;
    }

    /** Remembers it from now on; returns when that is durable. */
    void remember(Table table, Known known) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", table.qualifiedName());
        row.put("keys", known.keys());
        row.put("rules", known.rules());
        row.put("computed", known.computed());
        row.put("computing", known.computing());
        Draft draft = Draft.put(
                TABLE,
                TABLE.path(table.qualifiedName()),
                commons.payloads().bodies().of(row),
                Attributes.NONE,
                Expectation.ANYTHING);
        commons.store().commit(Write.of(draft)).toCompletableFuture().join();
    }
}

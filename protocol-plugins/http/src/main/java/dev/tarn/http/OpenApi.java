// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Tables;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Describes every exported table that the caller may know of, as OpenAPI 3.1: what there is now, made on each request. Safe
 * on any thread.
 */
final class OpenApi {

    private final Resources resources;
    private final Tables tables;

    OpenApi(Resources resources, Tables tables) {
        this.resources = resources;
        this.tables = tables;
    }

    /** The document for this caller. */
    Map<String, Object> document(Context context) {
        Map<String, Object> paths = new LinkedHashMap<>();
        Map<String, Object> schemas = new TreeMap<>();
        schemas.put("Problem", OpenApiSchemas.problem());
        List<Table> exported = tables.all().stream()
                .filter(table -> table.export() != null && !table.root())
                .filter(table -> !table.database().equals(Table.SYSTEM))
                .sorted(Comparator.comparing(table -> String.valueOf(table.export())))
                .toList();
        for (Table declared : exported) {
            Path path = Path.of(String.valueOf(declared.export()));
            resources.seen(context, path).ifPresent(table -> {
                if (!table.rules().opaque()) {
                    schemas.put(OpenApiSchemas.name(table), OpenApiSchemas.of(table));
                }
                OpenApiPaths.put(paths, Locations.of(path), table);
            });
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("openapi", "3.1.0");
        document.put("info", map("title", "Tarn", "version", "1", "summary", "The tables that are exported here"));
        document.put("servers", List.of(Map.of("url", "/")));
        document.put("paths", paths);
        document.put("components", map("schemas", schemas, "securitySchemes", security()));
        document.put("security", List.of(Map.of(), Map.of("basic", List.of())));
        return document;
    }

    private static Map<String, Object> security() {
        return Map.of("basic", map("type", "http", "scheme", "basic"));
    }

    /** Names and values by turns, in order. */
    static Map<String, Object> map(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Traits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attributes as clients are told about them. */
final class Described {
    private Described() {}

    /** What is declared about an attribute, without what is not. */
    static Map<String, Object> of(Attribute attribute) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", attribute.name());
        described.put("type", attribute.type().name().toLowerCase(Locale.ROOT));
        flag(described, "list", attribute.list());
        flag(described, "required", attribute.required());
        flag(described, "indexed", attribute.indexed());
        flag(described, "primaryKey", attribute.primaryKey());
        traits(described, attribute.traits());
        if (!attribute.nested().isEmpty()) {
            List<Object> nested = new ArrayList<>();
            attribute.nested().forEach(each -> nested.add(of(each)));
            described.put("attributes", nested);
        }
        return described;
    }

    private static void traits(Map<String, Object> described, Traits traits) {
        flag(described, "unique", traits.unique());
        if (!traits.values().isEmpty()) {
            described.put("values", traits.values());
        }
        put(described, "default", traits.otherwise());
        Traits.Bounds bounds = traits.bounds();
        put(described, "min", bounds.min());
        put(described, "max", bounds.max());
        put(described, "shortest", bounds.shortest() == 0 ? null : (Object) (long) bounds.shortest());
        put(described, "longest", bounds.longest() == Integer.MAX_VALUE ? null : (Object) (long) bounds.longest());
        put(described, "pattern", bounds.pattern());
        Origin origin = traits.origin();
        if (origin instanceof Origin.Stamped stamped) {
            described.put("stamped", stamped.moment().name().toLowerCase(Locale.ROOT));
        } else if (origin instanceof Origin.Computed computed) {
            described.put("computed", computed.expression());
        } else if (origin instanceof Origin.Related related) {
            described.put("table", related.table().substring(related.table().indexOf('.') + 1));
            put(described, "from", related.from());
            put(described, "to", related.to());
        }
    }

    private static void put(Map<String, Object> described, String name, @Nullable Object value) {
        if (value != null) {
            described.put(name, value);
        }
    }

    private static void flag(Map<String, Object> described, String name, boolean set) {
        if (set) {
            described.put(name, true);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Attribute;
import java.util.Map;

/** The attribute types that a schema may name. */
final class Types {
    static final Map<String, Attribute.Type> BUILT_IN = Map.ofEntries(
            Map.entry("String", Attribute.Type.STRING),
            Map.entry("ID", Attribute.Type.ID),
            Map.entry("Int", Attribute.Type.INT),
            Map.entry("Long", Attribute.Type.LONG),
            Map.entry("Float", Attribute.Type.FLOAT),
            Map.entry("BigInt", Attribute.Type.BIGINT),
            Map.entry("Boolean", Attribute.Type.BOOLEAN),
            Map.entry("Date", Attribute.Type.DATE),
            Map.entry("Bytes", Attribute.Type.BYTES),
            Map.entry("Blob", Attribute.Type.BLOB),
            Map.entry("Any", Attribute.Type.ANY),
            Map.entry("Object", Attribute.Type.OBJECT));

    private Types() {}
}

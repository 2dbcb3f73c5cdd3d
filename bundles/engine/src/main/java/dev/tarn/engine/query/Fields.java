// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.List;

/**
 * What of a row is wanted.
 *
 * @param form how it comes
 * @param fields the properties, in order
 */
record Fields(Form form, List<Field> fields) {

    /** How the properties of a row come. */
    enum Form {
        /** The one property's value itself. */
        VALUE,
        /** An object with these properties. */
        OBJECT,
        /** An array of the properties' values. */
        ARRAY
    }

    /**
     * A property.
     *
     * @param inner which properties of it; empty for all of it
     */
    record Field(String name, List<Field> inner) {
        public Field {
            inner = List.copyOf(inner);
        }
    }

    Fields {
        fields = List.copyOf(fields);
    }
}

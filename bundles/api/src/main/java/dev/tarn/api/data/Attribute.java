// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.List;

/**
 * One declared property of a table's rows.
 *
 * @param list whether it holds a list of {@code type}
 * @param required whether it must be there and not null ({@code !})
 * @param elementRequired whether elements of a list must not be null
 * @param indexed whether an index is kept over it; a list is indexed per element
 * @param primaryKey whether it is the row's id
 * @param nested the attributes of an OBJECT with declared ones; else empty
 * @param traits what is declared beyond the type
 */
public record Attribute(
        String name,
        Type type,
        boolean list,
        boolean required,
        boolean elementRequired,
        boolean indexed,
        boolean primaryKey,
        List<Attribute> nested,
        Traits traits) {

    /** What an attribute holds. */
    public enum Type {
        /** Text. */
        STRING,
        /** Text that identifies. */
        ID,
        /** A whole number of 32 bits. */
        INT,
        /** A whole number of 64 bits. */
        LONG,
        /** A double. */
        FLOAT,
        /** A whole number of any size. */
        BIGINT,
        BOOLEAN,
        /** A moment; ISO 8601 in text formats, milliseconds or better. */
        DATE,
        /** Bytes kept in the row. */
        BYTES,
        /** Bytes kept beside the row. */
        BLOB,
        /** Whatever comes. */
        ANY,
        /** A map, with declared attributes or any. */
        OBJECT
    }

    public Attribute {
        nested = List.copyOf(nested);
    }

    /** An attribute about which nothing more is declared. */
    public Attribute(
            String name,
            Type type,
            boolean list,
            boolean required,
            boolean elementRequired,
            boolean indexed,
            boolean primaryKey,
            List<Attribute> nested) {
        this(name, type, list, required, elementRequired, indexed, primaryKey, nested, Traits.NONE);
    }

    /** An optional attribute of this type. */
    public static Attribute of(String name, Type type) {
        return new Attribute(name, type, false, false, false, false, false, List.of());
    }

    /** The primary key of this type: ID, STRING, INT or LONG. */
    public static Attribute primaryKey(String name, Type type) {
        return new Attribute(name, type, false, true, false, false, true, List.of());
    }

    /** This attribute with an index over it. */
    public Attribute withIndex() {
        return new Attribute(name, type, list, required, elementRequired, true, primaryKey, nested, traits);
    }

    /** This attribute with other traits. */
    public Attribute with(Traits changed) {
        return new Attribute(name, type, list, required, elementRequired, indexed, primaryKey, nested, changed);
    }

    /** This attribute, which must be there. */
    public Attribute asRequired() {
        return new Attribute(name, type, list, true, elementRequired, indexed, primaryKey, nested, traits);
    }

    /** Whether rows hold it themselves, rather than rows of another table. */
    public boolean stored() {
        return traits.related().isEmpty();
    }
}

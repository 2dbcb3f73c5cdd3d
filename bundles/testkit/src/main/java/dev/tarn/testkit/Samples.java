// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Tables, and rows of them, for tests of protocols. */
public final class Samples {

    /** With ids that are text. */
    public static final Table SENSORS = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("location", Attribute.Type.STRING),
                    Attribute.of("temp", Attribute.Type.FLOAT)),
            Table.Rules.DECLARED);

    /** With bytes beside its rows. */
    public static final Table PEOPLE = new Table(
            "data",
            "People",
            "People",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("name", Attribute.Type.STRING),
                    Attribute.of("photo", Attribute.Type.BLOB)),
            Table.Rules.DECLARED);

    private Samples() {}

    /** A row of {@link #PEOPLE}, in JSON. */
    public static String person(byte[] photo) {
        return "{\"name\":\"Ada\",\"photo\":\"" + Base64.getEncoder().encodeToString(photo) + "\"}";
    }

    /** What streams tell of row 1 of {@link #PEOPLE} that has so many bytes: what stands for them. */
    public static Map<String, Object> toldPerson(long length) {
        Map<String, Object> photo = Map.of("contentType", "application/octet-stream", "length", length);
        return Map.of("id", "1", "name", "Ada", "photo", photo);
    }
}

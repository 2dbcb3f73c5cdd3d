// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A structured body some of whose values are references to contents beside it, or which is one. */
record Accompanied(Body body, Map<String, Content> contents) implements Body {

    private static final String JSON = "application/json";

    Accompanied {
        contents = Map.copyOf(contents);
    }

    private boolean whole() {
        return contents.containsKey(Content.WHOLE);
    }

    @Override
    public String mediaType() {
        return whole() ? Content.REFERENCE : body.mediaType();
    }

    @Override
    public byte[] bytes() {
        return (whole() ? body.as(JSON) : body).bytes();
    }

    @Override
    public boolean structured() {
        return true;
    }

    /** A reference is JSON of a type of its own, by which it is told from data that looks like one. */
    @Override
    public Body as(String mediaType) {
        return whole() && (mediaType.equals(JSON) || mediaType.equals(Content.REFERENCE)) ? this : body.as(mediaType);
    }

    @Override
    public @Nullable Object value() {
        return body.value();
    }

    @Override
    public int size() {
        return body.size();
    }
}

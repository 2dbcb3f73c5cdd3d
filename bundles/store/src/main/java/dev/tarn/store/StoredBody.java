// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A structured body that is put together from its items when somebody first looks at it. Safe on any thread. */
final class StoredBody implements Body {

    private final Items items;
    private final Bodies bodies;
    private final AtomicReference<@Nullable Body> whole = new AtomicReference<>();

    StoredBody(Items items, Bodies bodies) {
        this.items = items;
        this.bodies = bodies;
    }

    private Body whole() {
        Body known = whole.get();
        if (known != null) {
            return known;
        }
        Body made = bodies.structured(Bodies.CBOR, items.map());
        Body raced = whole.compareAndExchange(null, made);
        return raced == null ? made : raced;
    }

    @Override
    public String mediaType() {
        return Bodies.CBOR;
    }

    @Override
    public byte[] bytes() {
        return whole().bytes();
    }

    @Override
    public boolean structured() {
        return true;
    }

    @Override
    public Body as(String mediaType) {
        return whole().as(mediaType);
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public @Nullable Object value() {
        return whole().value();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Call;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.util.Objects;
import org.graalvm.polyglot.PolyglotException;
import org.jspecify.annotations.Nullable;

/** Hands requests to isolates. */
final class Requests {

    private Requests() {}

    /** Begins a request in an isolate, on this thread; the door has the answer, perhaps later. */
    static void begin(Isolate isolate, ScriptLogic.Place place, Door door) {
        Call call = Objects.requireNonNull(door.call());
        String id = call.id();
        boolean connects = call.action() == Action.CONNECT;
        try {
            isolate.turn(() -> isolate.function("serve")
                    .execute(
                            door,
                            isolate.exported(place.key()),
                            call.action().name(),
                            place.numeric() ? number(id) : id,
                            call.query(),
                            id == null || call.action() == Action.FIND,
                            connects ? null : isolate.values().in(sent(call)),
                            call.action().writes(),
                            connects && call.incoming() != null));
        } catch (PolyglotException failure) {
            // What the class throws is told to the door; this is about its surroundings.
            Throwable cause = failure.isHostException() ? failure.asHostException() : failure;
            door.fail(cause);
        }
    }

    /** Begins to read a row from where it comes from. */
    static void read(Isolate isolate, int number, String id, Door door) {
        try {
            isolate.turn(() -> isolate.function("source")
                    .execute(door, isolate.sources().get(number).read(), id));
        } catch (PolyglotException failure) {
            door.fail(failure.isHostException() ? failure.asHostException() : failure);
        }
    }

    private static @Nullable Object number(@Nullable String id) {
        if (id == null) {
            return null;
        }
        try {
            long number = Long.parseLong(id);
            return number == (int) number ? (Object) (int) number : (Object) (double) number;
        } catch (NumberFormatException text) {
            return id;
        }
    }

    private static @Nullable Object sent(Call call) {
        Body body = call.body();
        if (body == null) {
            return null;
        }
        try {
            return call.value();
        } catch (Failure opaque) {
            if (opaque.code() == Failure.Code.UNSUPPORTED) {
                return Streams.value(body);
            }
            throw opaque;
        }
    }
}

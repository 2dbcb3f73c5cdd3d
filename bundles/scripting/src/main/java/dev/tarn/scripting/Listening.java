// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.client.ClientObserver;
import dev.tarn.api.security.User;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells an application's scripts what clients do. */
final class Listening implements ClientObserver {

    private final Loaded program;

    Listening(Loaded program) {
        this.program = program;
    }

    @Override
    public void observe(ClientEvent event) {
        program.first()
                .ifPresent(isolate -> isolate.hand(() -> isolate.function("happened")
                        .execute(event.type().text(), isolate.values().in(session(event)))));
    }

    private static Map<String, @Nullable Object> session(ClientEvent event) {
        Map<String, @Nullable Object> session = new LinkedHashMap<>();
        session.put("clientId", event.client().id());
        User user = event.client().user();
        session.put("user", user == null ? null : Map.of("username", user.name()));
        session.put("topic", event.topic());
        session.put("reason", event.reason());
        return session;
    }
}

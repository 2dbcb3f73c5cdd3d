// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import java.net.SocketAddress;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Extended authentication (§4.12) by the method that a client named in CONNECT, then and as often as it likes afterwards.
 * For the connection's loop, but for the stages of its steps.
 */
final class Authentication {

    private final Mechanisms mechanisms;
    private final String method;
    private final @Nullable SocketAddress remote;
    private Mechanisms.@Nullable Dialogue dialogue;

    /** The client's message is being looked at. */
    private boolean asked;

    private Authentication(Mechanisms mechanisms, String method, @Nullable SocketAddress remote) {
        this.mechanisms = mechanisms;
        this.method = method;
        this.remote = remote;
    }

    /**
     * That of a client that asks for it; null for one that does not, and never hears of any [MQTT-4.12.0-6].
     *
     * @throws Violation when its method is not offered [MQTT-4.12.0-1]
     */
    static @Nullable Authentication of(Packet.Connect connect, Broker broker, @Nullable SocketAddress remote) {
        String method = connect.properties().text(PropertyType.AUTHENTICATION_METHOD);
        if (method == null) {
            return null;
        }
        Mechanisms mechanisms = broker.mechanisms();
        if (mechanisms == null || !mechanisms.names().contains(method)) {
            throw new Violation(
                    Reason.BAD_AUTHENTICATION_METHOD,
                    mechanisms == null
                            ? "no method of extended authentication is offered"
                            : "offered are " + String.join(", ", mechanisms.names()));
        }
        return new Authentication(mechanisms, method, remote);
    }

    /**
     * Takes what the client says first.
     *
     * @param then gets the step, or why there is none, on any thread
     */
    void begin(PropertySet said, BiConsumer<Mechanisms.@Nullable Step, @Nullable Throwable> then) {
        if (dialogue != null) {
            throw Violation.protocol("authentication is under way");
        }
        dialogue = mechanisms.begin(method, remote);
        next(said, then);
    }

    /**
     * Takes the client's answer to a step.
     *
     * @throws Violation when nothing was asked, or another method is spoken of [MQTT-4.12.1-1]
     */
    void answer(Packet.Auth auth, BiConsumer<Mechanisms.@Nullable Step, @Nullable Throwable> then) {
        if (!method.equals(auth.properties().text(PropertyType.AUTHENTICATION_METHOD))) {
            throw Violation.protocol("AUTH is about another method than CONNECT");
        }
        if (auth.reason() == Reason.RE_AUTHENTICATE) {
            begin(auth.properties(), then);
        } else if (auth.reason() != Reason.CONTINUE_AUTHENTICATION || dialogue == null || asked) {
            throw Violation.protocol("AUTH that answers nothing");
        } else {
            next(auth.properties(), then);
        }
    }

    private void next(PropertySet said, BiConsumer<Mechanisms.@Nullable Step, @Nullable Throwable> then) {
        byte[] data = said.bytes(PropertyType.AUTHENTICATION_DATA);
        Mechanisms.Dialogue running = dialogue;
        if (data == null || running == null) {
            then.accept(null, new Failure(Failure.Code.UNAUTHENTICATED, method + " begins with the client's data"));
            return;
        }
        asked = true;
        running.next(data).whenComplete(then);
    }

    /** The step is back on the loop: the client may go on. Whether it was the last. */
    boolean stepped(Mechanisms.Step step) {
        asked = false;
        User user = step.user();
        if (user != null) {
            dialogue = null;
        }
        return user != null;
    }

    /** What an AUTH says of a step [MQTT-4.12.0-5]. */
    PropertySet properties(Mechanisms.Step step) {
        return describe(new PropertySet(), step);
    }

    /** Adds what a CONNACK says of the last step [MQTT-4.12.0-5]. */
    PropertySet describe(PropertySet properties, Mechanisms.Step step) {
        return properties
                .with(PropertyType.AUTHENTICATION_METHOD, (Object) method)
                .with(PropertyType.AUTHENTICATION_DATA, (Object) step.message());
    }
}

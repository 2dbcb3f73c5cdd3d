// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import io.netty.buffer.ByteBuf;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * AUTH back and forth between CONNECT and CONNACK (§4.12). For the connection's loop.
 */
final class Dialogue {

    private final MqttConnection connection;
    private final Authentication authentication;
    private final BiConsumer<@Nullable User, @Nullable Throwable> then;

    /** The last step. */
    private Mechanisms.@Nullable Step proved;

    /**
     * @param then gets the user, or why there is none, on the loop
     */
    Dialogue(
            MqttConnection connection,
            Authentication authentication,
            BiConsumer<@Nullable User, @Nullable Throwable> then) {
        this.connection = connection;
        this.authentication = authentication;
        this.then = then;
    }

    Authentication authentication() {
        return authentication;
    }

    /** Takes what CONNECT says of it. */
    void begin(PropertySet said) {
        authentication.begin(said, this::later);
    }

    /** Another packet of a client that is not known yet; any but AUTH is its last [MQTT-3.1.2-30]. */
    void packet(int header, ByteBuf content) {
        if (new PacketReader(Version.V5).read(header, content) instanceof Packet.Auth auth) {
            connection.pause(Line.Pause.CONNECTING);
            authentication.answer(auth, this::later);
        } else {
            connection.leave();
        }
    }

    private void later(Mechanisms.@Nullable Step step, @Nullable Throwable refused) {
        connection.later(() -> stepped(step, refused));
    }

    private void stepped(Mechanisms.@Nullable Step step, @Nullable Throwable refused) {
        if (connection.ended()) {
            return;
        }
        PacketWriter writer = connection.writer();
        if (step == null) {
            then.accept(null, refused);
        } else if (authentication.stepped(step)) {
            proved = step;
            then.accept(step.user(), null);
        } else if (writer.fits(authentication.properties(step))) {
            writer.auth(
                    connection.outbox().open(),
                    Reason.CONTINUE_AUTHENTICATION,
                    authentication.properties(step)); // [MQTT-4.12.0-2]
            connection.resume(Line.Pause.CONNECTING);
            connection.outbox().flush();
        } else {
            connection.hangUp();
        }
    }

    /** Adds what a CONNACK says of the last step. */
    void describe(PropertySet properties) {
        if (proved != null) {
            authentication.describe(properties, proved);
        }
    }
}

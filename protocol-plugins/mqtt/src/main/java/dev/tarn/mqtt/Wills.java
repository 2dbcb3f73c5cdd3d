// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.User;
import dev.tarn.transport.Printable;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes wills as if their clients did [MQTT-3.1.2-8], [MQTT-3.1.2-14], [MQTT-3.1.2-15]. Safe on any thread. */
final class Wills {

    private static final Logger LOG = LoggerFactory.getLogger(Wills.class);

    private final Resources resources;
    private final Messages messages;

    Wills(Resources resources, Messages messages) {
        this.resources = resources;
        this.messages = messages;
    }

    void publish(Session session, Packet.Will will) {
        Context context = session.context();
        User user = session.user();
        if (context == null && user != null) {
            context = resources.context(user, "mqtt", origin(session.clientId()), null);
        }
        if (context == null) {
            LOG.warn("will not published, since nobody knows whose it is: client={}", Printable.of(session.clientId()));
            return;
        }
        Messages.Message message = new Messages.Message(
                will.topic().path(), will.payload(), will.qos(), will.retain(), will.properties(), null);
        messages.send(context, message, List.of()).whenComplete((done, refused) -> {
            if (refused != null) {
                LOG.warn(
                        "will not published: client={} topic={} reason={}",
                        Printable.of(session.clientId()),
                        Printable.of(will.topic().path().text()),
                        refused.getMessage());
            }
        });
    }

    /** Who changes of this client come from. */
    static String origin(String clientId) {
        return "mqtt/" + clientId;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import dev.tarn.transport.Stay;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.protonj2.types.security.SaslCode;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What comes before AMQP itself: protocol headers, and who the peer is. For the connection's loop. */
final class Greeting {

    private static final Logger LOG = LoggerFactory.getLogger(Greeting.class);

    static final byte[] PLAIN = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    private static final byte[] SASL = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};

    private final AmqpConnection connection;
    private final Broker broker;
    private @Nullable Sasl sasl;
    private Mechanisms.@Nullable Dialogue dialogue;
    private @Nullable User user;

    Greeting(AmqpConnection connection, Broker broker) {
        this.connection = connection;
        this.broker = broker;
    }

    /** Handles the next header or frame; returns false when it is not complete. */
    boolean next(FrameReader frames) {
        Sasl asking = sasl;
        boolean asked = asking != null && user == null;
        byte[] next = asked ? frames.frame(Sasl.LARGEST) : frames.header();
        if (next == null) {
            return false;
        }
        if (asking != null && asked) {
            said(asking, next);
        } else {
            header(next);
        }
        return true;
    }

    private List<String> dialogues() {
        Mechanisms offered = broker.mechanisms();
        return offered == null
                ? List.of()
                : offered.names().stream()
                        .filter(broker.offer().names()::contains)
                        .toList();
    }

    /** The peer's choice of a mechanism, or its next message. */
    private void said(Sasl asking, byte[] frame) {
        Mechanisms.Dialogue running = dialogue;
        if (running != null) {
            step(asking, running, asking.response(frame));
            return;
        }
        Sasl.Init init = asking.init(frame);
        Mechanisms offered = broker.mechanisms();
        if (offered == null || !dialogues().contains(init.mechanism())) {
            authenticate(asking.credentials(init), asking);
            return;
        }
        Mechanisms.Dialogue begun =
                offered.begin(init.mechanism(), connection.peer().remote());
        dialogue = begun;
        step(asking, begun, init.message());
    }

    private void step(Sasl asking, Mechanisms.Dialogue running, byte[] message) {
        connection.pause(AmqpConnection.Pause.AUTHENTICATING);
        running.next(message)
                .whenComplete((step, refused) ->
                        connection.channel().eventLoop().execute(() -> answered(asking, step, refused)));
    }

    private void answered(Sasl asking, Mechanisms.@Nullable Step step, @Nullable Throwable refused) {
        if (connection.ended()) {
            return;
        }
        User known = step == null ? null : step.user();
        if (step == null) {
            refuse(asking, refused);
        } else if (known == null) {
            connection.outbox().open().writeBytes(asking.challenge(step.message()));
        } else {
            user = known;
            Stay.begin(connection.channel(), broker.users(), known);
            connection.outbox().open().writeBytes(asking.success(step.message()));
        }
        connection.resume(AmqpConnection.Pause.AUTHENTICATING);
        connection.outbox().flush();
    }

    /** AMQP 1.0 §2.2: a header that is not spoken here is answered with one that is. */
    private void header(byte[] header) {
        if (Arrays.equals(header, SASL) && sasl == null) {
            Sasl asking = new Sasl(connection.peer(), broker.offer());
            sasl = asking;
            connection.outbox().open().writeBytes(SASL);
            connection.outbox().open().writeBytes(asking.mechanisms(dialogues()));
        } else if (!Arrays.equals(header, PLAIN)) {
            LOG.debug("refused: unknown header connection={}", connection.peer().id());
            broker.traffic().refused.increment();
            connection.outbox().open().writeBytes(SASL);
            connection.close();
        } else if (user != null) {
            connection.converse(user, null);
        } else {
            authenticate(silent(), null);
        }
    }

    /** What who says nothing shows: his certificate, or nothing, each only where it is offered; else null. */
    private @Nullable Credentials silent() {
        Offer offer = broker.offer();
        if (offer.covers(Offer.EXTERNAL, connection.peer())) {
            return connection
                    .peer()
                    .certificate()
                    .<Credentials>map(Credentials.Certificate::new)
                    .orElseThrow();
        }
        return offer.covers(Offer.ANONYMOUS, connection.peer()) ? new Credentials.Nothing() : null;
    }

    /** Without SASL nobody can be told before the connection is open that he may not come in. */
    private void authenticate(@Nullable Credentials shown, @Nullable Sasl asking) {
        if (shown == null) {
            refuse(asking, null);
            return;
        }
        connection.pause(AmqpConnection.Pause.AUTHENTICATING);
        broker.users()
                .authenticate(shown, connection.peer().remote())
                .whenComplete((known, refused) ->
                        connection.channel().eventLoop().execute(() -> authenticated(asking, known, refused)));
    }

    private void authenticated(@Nullable Sasl asking, @Nullable User known, @Nullable Throwable refused) {
        if (connection.ended()) {
            return;
        }
        if (known == null) {
            refuse(asking, refused);
        } else if (asking == null) {
            Stay.begin(connection.channel(), broker.users(), known);
            connection.converse(known, null);
        } else {
            Stay.begin(connection.channel(), broker.users(), known);
            user = known;
            connection.outbox().open().writeBytes(asking.outcome(SaslCode.OK));
        }
        connection.resume(AmqpConnection.Pause.AUTHENTICATING);
        connection.outbox().flush();
    }

    private void refuse(@Nullable Sasl asking, @Nullable Throwable refused) {
        broker.traffic().refused.increment();
        ErrorCondition told = refused == null
                ? new ErrorCondition(AmqpError.UNAUTHORIZED_ACCESS, "no mechanism and credentials that are taken")
                : Failures.told(refused);
        if (told == null) {
            LOG.error("authentication failed: connection={}", connection.peer().id(), refused);
            told = new ErrorCondition(AmqpError.INTERNAL_ERROR, "authentication failed");
        }
        LOG.debug("refused: connection={} reason={}", connection.peer().id(), told.getDescription());
        connection.tell(ClientEvent.Type.AUTH_FAILED, "", null, null, 0, told.getDescription());
        if (asking == null) {
            connection.converse(null, told);
        } else {
            boolean busy = AmqpError.RESOURCE_LIMIT_EXCEEDED.equals(told.getCondition());
            connection.outbox().open().writeBytes(asking.outcome(busy ? SaslCode.SYS_TEMP : SaslCode.AUTH));
            connection.close();
        }
    }
}

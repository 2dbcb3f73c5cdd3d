// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.transport.Consent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.qpid.protonj2.engine.Link;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.messaging.Terminus;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides about a link that a peer wants to have, AMQP 1.0 §2.6.3. For the connection's loop. */
final class Attachment {

    private static final Logger LOG = LoggerFactory.getLogger(Attachment.class);

    private static final Set<String> PUTS = Set.of("put", "retain", "x-opt-retain");

    private final Line line;
    private final Set<Outgoing> outgoing;

    Attachment(Line line, Set<Outgoing> outgoing) {
        this.line = line;
        this.outgoing = outgoing;
    }

    /** A link on which the peer receives. */
    void receive(Sender link) {
        try {
            Source source = link.getRemoteSource();
            if (source == null) {
                throw new Refusal(AmqpError.INVALID_FIELD, "a link without a source");
            }
            Wish wish = Wish.of(source, link, line);
            Consent.ask(
                    line.broker().resources(),
                    line.context(),
                    List.of(wish.filter()),
                    line::later,
                    () -> subscribe(link, wish),
                    refused -> refuse(link, refused, () -> link.setSource(null)));
        } catch (Failure | Refusal refused) {
            refuse(link, refused, () -> link.setSource(null));
        }
    }

    private void subscribe(Sender link, Wish wish) {
        if (link.isRemotelyOpen()) {
            try {
                new Outgoing(line, link, outgoing).open(wish);
            } catch (Failure | Refusal refused) {
                refuse(link, refused, () -> link.setSource(null));
            }
        }
    }

    /** A link on which the peer sends. */
    void send(Receiver link) {
        try {
            Terminus target = link.getRemoteTarget();
            if (!(target instanceof Target to)) {
                throw target == null
                        ? new Refusal(AmqpError.INVALID_FIELD, "a link without a target")
                        : new Refusal(AmqpError.NOT_IMPLEMENTED, "transactions are not offered");
            }
            Wish.refuseQueues(to.getCapabilities());
            if (to.isDynamic()) {
                to.setAddress(Address.made());
            }
            String address = to.getAddress();
            Messages.Aim aim = new Messages.Aim(address == null ? null : Address.path(address), puts(to, link));
            new Incoming(line, link, aim).open(to);
        } catch (Failure | Refusal refused) {
            refuse(link, refused, () -> link.setTarget((Target) null));
        }
    }

    /** Whether messages of the link put rows unless they say otherwise. */
    private static boolean puts(Target target, Receiver link) {
        return marked(target.getCapabilities())
                || marked(link.getRemoteDesiredCapabilities())
                || marked(target.getDynamicNodeProperties())
                || marked(link.getRemoteProperties());
    }

    private static boolean marked(Symbol @Nullable [] capabilities) {
        return capabilities != null
                && Arrays.stream(capabilities).anyMatch(symbol -> PUTS.contains(String.valueOf(symbol)));
    }

    private static boolean marked(@Nullable Map<Symbol, Object> properties) {
        return properties != null
                && properties.entrySet().stream()
                        .anyMatch(entry ->
                                PUTS.contains(String.valueOf(entry.getKey())) && Messages.yes(entry.getValue()));
    }

    /** An attach without a terminus, then a detach that says why, AMQP 1.0 §2.6.3. */
    private void refuse(Link<?> link, Throwable refused, Runnable withoutTerminus) {
        ErrorCondition told = Failures.told(refused);
        if (told == null) {
            LOG.error("a link failed because of a bug: link={}", link.getName(), refused);
            told = new ErrorCondition(AmqpError.INTERNAL_ERROR, "a fault of the server");
        }
        LOG.debug("link refused: condition={}", told.getCondition());
        line.broker().traffic().refused.increment();
        withoutTerminus.run();
        link.open();
        link.setCondition(told);
        link.close();
    }
}

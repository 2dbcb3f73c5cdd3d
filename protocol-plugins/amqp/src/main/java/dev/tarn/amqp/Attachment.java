// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
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
import org.apache.qpid.protonj2.types.transactions.Coordinator;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides about a link that a peer wants to have, AMQP 1.0 §2.6.3. For the connection's loop. */
final class Attachment {

    private static final Logger LOG = LoggerFactory.getLogger(Attachment.class);

    private static final Set<String> PUTS = Set.of("put", "retain", "x-opt-retain");

    /** Marks links that have been asked for. */
    private static final String ATTACHED = "tarn.attached";

    private final Line line;
    private final Set<Outgoing> outgoing;

    Attachment(Line line, Set<Outgoing> outgoing) {
        this.line = line;
        this.outgoing = outgoing;
    }

    /** A link on which the peer receives. */
    void receive(Sender link) {
        if (again(link)) {
            return;
        }
        try {
            Source source = link.getRemoteSource();
            if (source == null) {
                known(link);
                return;
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

    /**
     * Whether the peer has attached a link of this name in the session already. The library takes both for one, so that none of
     * them can be taken over, AMQP 1.0 §2.6.1: the session ends.
     */
    private boolean again(Link<?> link) {
        if (link.getAttachments().get(ATTACHED) == null) {
            link.getAttachments().set(ATTACHED, true);
            return false;
        }
        LOG.debug("session refused: link={} attached twice", link.getName());
        line.broker().traffic().refused.increment();
        link.getSession()
                .setCondition(new ErrorCondition(
                        AmqpError.NOT_ALLOWED, "link " + link.getName() + " is attached in this session already"))
                .close();
        return true;
    }

    private void subscribe(Sender link, Wish wish) {
        if (!link.isRemotelyOpen()) {
            link.setSource(null);
            link.open();
            link.close();
            return;
        }
        FeedRequest kept = wish.kept();
        Outgoing made = new Outgoing(line, link, wish, outgoing);
        try {
            if (kept == null) {
                made.from(new MailboxSupply(line, wish, made));
                told(wish);
                made.open();
            } else {
                join(link, wish, kept, made);
            }
        } catch (Failure | Refusal refused) {
            made.release(false, false);
            refuse(link, refused, () -> link.setSource(null));
        }
    }

    private void join(Sender link, Wish wish, FeedRequest kept, Outgoing made) {
        Feeds feeds = line.broker().feeds();
        FeedMember member = new FeedMember(
                new FeedMember.Link(line.context(), made::come, why -> line.later(() -> made.ended(why))),
                kept.key().queue() ? wish.selector() : null);
        FeedSupply supply = new FeedSupply(line, feeds, member);
        made.from(supply);
        feeds.join(kept, member)
                .whenComplete((feed, failed) -> line.later(() -> {
                    if (feed != null && made.supply() != null && link.isRemotelyOpen()) {
                        supply.joined(feed);
                        told(wish);
                        wish.describe(feed.terms());
                        made.open();
                    } else {
                        made.release(false, false);
                        Throwable why = failed != null
                                ? failed
                                : new Refusal(LinkError.STOLEN, "the link was attached again elsewhere");
                        refuse(link, why, () -> link.setSource(null));
                    }
                }));
    }

    /** A subscription that is there and only named, as JMS clients do to end it. */
    private void known(Sender link) {
        Wish own = Wish.known(link, line, false);
        Feeds feeds = line.broker().feeds();
        feeds.exists(own.request().key())
                .thenAccept(there -> line.later(() -> {
                    Wish wish = there ? own : Wish.known(link, line, true);
                    join(link, wish, wish.request(), new Outgoing(line, link, wish, outgoing));
                }));
    }

    private void told(Wish wish) {
        line.tell(ClientEvent.Type.SUBSCRIBED, wish.filter().text(), wish.settled() ? 0 : 1, null);
    }

    /** A link on which the peer sends. */
    void send(Receiver link) {
        if (again(link)) {
            return;
        }
        try {
            Terminus target = link.getRemoteTarget();
            if (target instanceof Coordinator coordinator) {
                new Coordination(line, link).open(coordinator);
                return;
            }
            if (!(target instanceof Target to)) {
                throw new Refusal(AmqpError.INVALID_FIELD, "a link without a target");
            }
            if (to.isDynamic()) {
                to.setAddress(Address.made());
            }
            String address = to.getAddress();
            Messages.Aim aim = new Messages.Aim(address == null ? null : Address.path(address), puts(to, link));
            Incoming made = new Incoming(line, link, aim);
            if (address != null && Address.queue(address, to.getCapabilities())) {
                declare(link, to, made);
            } else {
                made.open(to);
            }
        } catch (Failure | Refusal refused) {
            refuse(link, refused, () -> link.setTarget((Target) null));
        }
    }

    /** A queue is there from the moment on when somebody has named it. */
    private void declare(Receiver link, Target to, Incoming made) {
        String path = Address.path(to.getAddress()).text();
        FeedKey key = to.isDynamic() ? FeedKey.temporary(path) : FeedKey.queue(path);
        boolean temporary = Wish.has(to.getCapabilities(), "temporary-queue");
        if (to.isDynamic()) {
            made.owning(key);
        } else if (temporary) {
            made.open(to);
            return;
        }
        line.broker()
                .feeds()
                .declare(key)
                .whenComplete((feed, failed) -> line.later(() -> {
                    if (failed != null) {
                        refuse(link, failed, () -> link.setTarget((Target) null));
                    } else if (link.isRemotelyOpen()) {
                        made.open(to);
                    } else {
                        link.setTarget((Target) null);
                        link.open();
                        link.close();
                    }
                }));
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
            told = Failures.toldOrFault(refused);
        }
        LOG.debug("link refused: condition={}", told.getCondition());
        line.broker().traffic().refused.increment();
        withoutTerminus.run();
        link.open();
        link.setCondition(told);
        link.close();
    }
}

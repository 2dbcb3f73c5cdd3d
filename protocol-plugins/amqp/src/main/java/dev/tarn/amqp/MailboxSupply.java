// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Crossing;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** A subscription that ends with its link: the changes of a mailbox. For the connection's loop. */
final class MailboxSupply implements Supply, Subscriber {

    /** Quiet milliseconds after which there is nothing at hand. */
    private static final long QUIET = 25;

    private final Line line;
    private final Outlet outlet;
    private final boolean shared;
    private @Nullable Mailbox mailbox;
    private @Nullable Subscription subscription;
    private long deliveries;

    /** Subscribes; fails with a {@link Failure} when that is refused. */
    MailboxSupply(Line line, Wish wish, Outlet outlet) {
        this.line = line;
        this.outlet = outlet;
        this.shared = wish.interest().group() != null;
        Mailbox opened =
                line.broker().resources().mailbox(line.context(), line.channel().eventLoop(), this);
        try {
            subscription = opened.subscribe(wish.filter(), wish.start(), wish.interest(), this);
        } catch (Failure refused) {
            opened.close();
            throw refused;
        }
        mailbox = opened;
        outlet.scanning(wish.start().equals(Start.CURRENT) && !shared);
    }

    @Override
    public long begun() {
        return subscription == null ? 0 : subscription.settled();
    }

    @Override
    public void deliver(List<Delivery> batch) {
        deliveries += batch.size();
        List<Parcel> parcels = new ArrayList<>(batch.size());
        for (Delivery delivery : batch) {
            Change change = delivery.change();
            boolean left = delivery.crossing() == Crossing.LEAVE;
            parcels.add(new Parcel(change, delivery.matched().get(0).topic(change), delivery.current(), left, 0, 0));
        }
        outlet.arrived(parcels);
    }

    /** There is something going on, so more may be at hand. */
    @Override
    public void passed(long sequence) {
        deliveries++;
    }

    @Override
    public void request(long changes) {
        if (mailbox != null) {
            mailbox.request(changes);
        }
    }

    @Override
    public void recall() {
        // A mailbox cannot be asked for less; what comes waits in the link.
    }

    @Override
    public void settled(Parcel parcel) {
        // Nothing is kept for a link that is gone.
    }

    @Override
    public boolean returned(Parcel parcel, Fate fate) {
        if (shared && subscription != null && fate == Fate.BARRED) {
            subscription.giveBack(parcel.change());
        }
        return fate != Fate.BARRED;
    }

    @Override
    public @Nullable Draft retirement(Parcel parcel) {
        return null;
    }

    @Override
    public boolean pledge(Parcel parcel) {
        return false;
    }

    @Override
    public void retired(Parcel parcel) {
        throw new IllegalStateException("never pledged");
    }

    @Override
    public void restored(Parcel parcel) {
        throw new IllegalStateException("never pledged");
    }

    @Override
    public void idle(Consumer<Boolean> answer) {
        long seen = deliveries;
        line.channel()
                .eventLoop()
                .schedule(() -> line.later(() -> answer.accept(deliveries == seen)), QUIET, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close(boolean lost, boolean forGood) {
        Mailbox open = mailbox;
        mailbox = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void missed(long changes) {
        line.broker().traffic().dropped.add(changes);
    }

    @Override
    public void current(Subscription scanned, long sequence) {
        outlet.scanning(false);
    }

    @Override
    public void reset(Subscription from) {
        // The current rows that follow say it all.
        outlet.scanning(true);
    }

    @Override
    public void ended(Failure why) {
        mailbox = null;
        outlet.ended(new ErrorCondition(Failures.ended(why.code()), why.reason()));
    }
}

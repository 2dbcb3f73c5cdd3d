// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The changes of a {@link Feed}, for one of its clients. What the client settles is told in batches. For the connection's loop. */
final class FeedSupply implements Supply {

    private final Line line;
    private final Feeds feeds;
    private final FeedMember member;
    private @Nullable Feed feed;
    private List<Parcel> done = new ArrayList<>();

    FeedSupply(Line line, Feeds feeds, FeedMember member) {
        this.line = line;
        this.feeds = feeds;
        this.member = member;
    }

    /** It has joined. */
    void joined(Feed joined) {
        feed = joined;
    }

    private void tell(Consumer<Feed> what) {
        Feed joined = feed;
        if (joined != null) {
            feeds.execute(() -> what.accept(joined));
        }
    }

    @Override
    public void request(long changes) {
        tell(joined -> joined.request(member, changes));
    }

    @Override
    public void recall() {
        tell(joined -> joined.recall(member));
    }

    @Override
    public void settled(Parcel parcel) {
        done.add(parcel);
        if (done.size() == 1) {
            line.channel().eventLoop().execute(this::flush);
        }
    }

    private void flush() {
        if (!done.isEmpty()) {
            List<Parcel> batch = done;
            done = new ArrayList<>();
            tell(joined -> joined.settled(member, batch));
        }
    }

    @Override
    public boolean returned(Parcel parcel, Fate fate) {
        tell(joined -> joined.returned(member, parcel, fate));
        return false;
    }

    @Override
    public @Nullable Draft retirement(Parcel parcel) {
        Feed joined = feed;
        return joined == null ? null : joined.retirement(parcel);
    }

    @Override
    public boolean pledge(Parcel parcel) {
        if (!FeedPledges.may(parcel)) {
            return false;
        }
        tell(joined -> joined.pledge(member, parcel));
        return true;
    }

    @Override
    public void retired(Parcel parcel) {
        tell(joined -> joined.retired(parcel));
    }

    @Override
    public void restored(Parcel parcel) {
        tell(joined -> joined.restored(member, parcel));
    }

    @Override
    public void idle(Consumer<Boolean> answer) {
        tell(joined -> joined.idle(idle -> line.later(() -> answer.accept(idle))));
    }

    @Override
    public void close(boolean lost, boolean forGood) {
        flush();
        feeds.leave(member, lost, forGood);
    }
}

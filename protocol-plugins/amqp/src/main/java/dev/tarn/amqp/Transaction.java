// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Outcome;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.transactions.TransactionErrors;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.jspecify.annotations.Nullable;

/**
 * What a client has sent and settled since it declared a local transaction, AMQP 1.0 §4.4: all of it is one write of the store
 * when that is discharged, or none of it. For the connection's loop.
 */
final class Transaction {

    /** Messages of one transaction. */
    private static final int MOST = 10_000;

    private final Line line;
    private final Binary id;
    private final List<Request> posts = new ArrayList<>();
    private final Map<OutgoingDelivery, Retirement> retirements = new LinkedHashMap<>();
    private long bytes;

    /** Messages of it of which more is to come. */
    private int partial;

    private boolean over;

    /** Why something of it was refused, the first time; it is not committed then. */
    private @Nullable Throwable broken;

    private record Retirement(
            Outgoing link,
            Kept kept,
            OutgoingDelivery delivery,
            @Nullable DeliveryState outcome) {}

    /** @param draft what settles it in the store; null for nothing */
    private record Kept(
            Supply from,
            Parcel parcel,
            boolean pledged,
            @Nullable Draft draft) {}

    Transaction(Line line, Binary id) {
        this.line = line;
        this.id = id;
    }

    Binary id() {
        return id;
    }

    /** What says that a message is part of this. */
    TransactionalState accepted() {
        return new TransactionalState().setTxnId(id).setOutcome(Accepted.getInstance());
    }

    /** Nothing more can be part of it. */
    void close() {
        over = true;
    }

    boolean over() {
        return over;
    }

    /** More is to come of a message of it, or no more is. */
    void receiving(boolean begun) {
        partial += begun ? 1 : -1;
    }

    /** Whether there is a message of it of which more is to come: then it cannot be discharged. */
    boolean incomplete() {
        return partial > 0;
    }

    /**
     * A message is part of it, once it is committed.
     *
     * @throws Failure TOO_LARGE, UNSUPPORTED for a question, which has no part in transactions
     */
    void post(Request request, int size) {
        if (request.verb() == Request.Verb.GET) {
            throw new Failure(Failure.Code.UNSUPPORTED, "a get within a transaction");
        }
        if (posts.size() >= MOST || bytes + size > 2L * line.broker().limits().message()) {
            throw new Failure(
                    Failure.Code.TOO_LARGE,
                    "more than " + MOST + " messages or "
                            + 2L * line.broker().limits().message() + " bytes in one transaction");
        }
        bytes += size;
        posts.add(request);
    }

    /** Something that should have been part of it was refused: none of it will be, since clients do not wait for each outcome. */
    void refused(Throwable why) {
        if (broken == null) {
            broken = why;
        }
    }

    /** What became of a delivery is part of it; what was said last of one counts. */
    void retire(Outgoing link, Supply from, OutgoingDelivery delivery, Parcel parcel, TransactionalState state) {
        Outcome outcome = state.getOutcome();
        boolean done = outcome == null || outcome instanceof Accepted || outcome instanceof Rejected;
        boolean pledged = done && from.pledge(parcel);
        Kept kept = new Kept(from, parcel, pledged, pledged ? from.retirement(parcel) : null);
        Retirement said =
                new Retirement(link, kept, delivery, outcome instanceof DeliveryState terminal ? terminal : null);
        Retirement before = retirements.put(delivery, said);
        if (before != null && before.kept().pledged() && !pledged) {
            from.restored(parcel);
        }
    }

    /** Makes it so. Completes on any thread; what it retires is settled by {@link #settle} and {@link #committed}. */
    CompletionStage<Commit> commit() {
        Throwable refusal = broken;
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        List<Draft> alongside = new ArrayList<>(retirements.size());
        for (Retirement retirement : retirements.values()) {
            Draft draft = retirement.kept().draft();
            if (draft != null) {
                alongside.add(draft);
            }
        }
        return line.broker().messages().together(line.context(), posts, alongside);
    }

    /** It is so: what is kept by name need not wait for the connection to learn that. Any thread, after the commit. */
    void settle() {
        for (Retirement retirement : retirements.values()) {
            Kept kept = retirement.kept();
            if (kept.pledged()) {
                kept.from().retired(kept.parcel());
            }
        }
    }

    /** Nothing of it is so: others may get what is kept by name. Any thread. */
    void restore() {
        for (Retirement retirement : retirements.values()) {
            Kept kept = retirement.kept();
            if (kept.pledged()) {
                kept.from().restored(kept.parcel());
            }
        }
    }

    /** It is so. */
    void committed() {
        for (Retirement retirement : retirements.values()) {
            retirement
                    .link()
                    .unsettled()
                    .retired(
                            retirement.delivery(),
                            retirement.outcome(),
                            retirement.kept().pledged());
        }
        clear();
    }

    /** It is not discharged, or as failed. */
    void rollBack() {
        restore();
        rolledBack();
    }

    /** Nothing of it is so, after {@link #restore}. */
    void rolledBack() {
        retirements.values().forEach(retirement -> retirement.link().unsettled().unretired(retirement.delivery()));
        clear();
    }

    private void clear() {
        posts.clear();
        retirements.clear();
    }

    /** What a client is told of a transaction that it cannot have. */
    static Refusal unknown() {
        return new Refusal(TransactionErrors.UNKNOWN_ID, "there is no such transaction");
    }
}

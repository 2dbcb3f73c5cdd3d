// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Answers queries about one table at a time. Safe on any thread; nothing blocks the caller. */
public final class Queries {

    private static final String NARROWER = "add an index, narrower conditions, or a limit";

    private final Store store;
    private final Pool pool;
    private final Limits limits;
    private final Reserve reserve;

    /** Answers from this store, on these threads. */
    public Queries(Store store, Pool pool, Limits limits) {
        this.store = store;
        this.pool = pool;
        this.limits = limits;
        this.reserve = new Reserve(limits.allMemory());
    }

    /** Rows in the order of their ids: from behind a row on, so many of them after others. */
    public Flow.Publisher<Row> rows(Subject subject, String prefix, @Nullable Path after, long offset, long limit) {
        Matcher matcher = within(subject, prefix, subject.sight().within(new Matcher.All(List.of())));
        Access keys = prefix.isEmpty() || subject.table().numericIds()
                ? Access.Keys.ALL
                : new Access.Keys(prefix, null, null);
        if (!prefix.isEmpty() && subject.table().numericIds()) {
            keys = new Access.Points(List.of());
        }
        Sorting byId = new Sorting(subject.table(), List.of());
        Plan plan = new Plan(subject, matcher, keys, byId, false, -1, false);
        Sorting.Place place = after == null ? null : new Sorting.Place(new Object[0], after);
        Question.Page page = new Question.Page(offset, limit, null);
        return run(plan, null, new Answering(plan, null, place), page);
    }

    /**
     * The answer to a query string.
     *
     * @param prefix only rows whose id begins with it
     * @param count whether all matching rows are to be counted
     * @throws Failure MALFORMED, UNSUPPORTED when the query cannot be understood
     */
    public CompletionStage<Found> search(Subject asked, String prefix, String text, boolean count) {
        Question question = QueryParser.parse(text);
        asked.sight().check(question);
        Subject subject = asked.near(question.near());
        Matcher conditions = subject.sight().within(new Binder(subject).bind(question.where()));
        Matcher matcher = placed(subject, within(subject, prefix, conditions));
        Fields select = question.select();
        Projection projection = select == null ? null : new Projection(subject, select);
        Sorting sorting = sorting(subject, question);
        String after = question.page().after();
        Sorting.Place place = after == null || sorting == null ? null : Cursor.read(sorting, after, subject.bodies());
        CompletableFuture<Found> answer = new CompletableFuture<>();
        Runnable planning = () -> {
            try {
                Plan plan = plan(subject, matcher, sorting, question);
                Found found = answer(plan, question, new Answering(plan, projection, place), OptionalLong.empty());
                if (!count || found.single() || question.gathers()) {
                    answer.complete(found);
                } else {
                    count(subject, matcher).whenComplete((total, failure) -> {
                        if (failure == null) {
                            answer.complete(answer(
                                    plan, question, new Answering(plan, projection, place), OptionalLong.of(total)));
                        } else {
                            answer.completeExceptionally(failure);
                        }
                    });
                }
            } catch (RuntimeException failure) {
                answer.completeExceptionally(failure);
            }
        };
        try {
            pool.execute(planning);
        } catch (RejectedExecutionException busy) {
            throw new Failure(Failure.Code.BUSY, "too many queries at once, try again");
        }
        return answer;
    }

    /**
     * The rows that a query string finds, as they are.
     *
     * @throws Failure as {@link #search}, and MALFORMED when the query asks for something else than rows
     */
    public CompletionStage<Found> rows(Subject subject, String prefix, String text) {
        Question question = QueryParser.parse(text);
        if (question.gathers() || question.select() != null || question.explain()) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "this takes conditions, sort and limit; select, aggregate and explain() are for reading");
        }
        return search(subject, prefix, text, false);
    }

    /** The conditions, and that ids begin with a prefix. */
    private static Matcher within(Subject subject, String prefix, Matcher matcher) {
        if (prefix.isEmpty()) {
            return matcher;
        }
        Property id = Property.of(subject, "$id");
        return both(new Matcher.Test(id, Operator.STARTS, List.of(prefix), false), matcher);
    }

    /** The conditions, and that the row has what distances are taken of. */
    private static Matcher placed(Subject subject, Matcher matcher) {
        return subject.near() == null ? matcher : both(new Matcher.Placed(Property.of(subject, "$distance")), matcher);
    }

    private static Matcher both(Matcher first, Matcher matcher) {
        List<Matcher> all = new ArrayList<>();
        all.add(first);
        if (matcher instanceof Matcher.All both) {
            all.addAll(both.parts());
        } else {
            all.add(matcher);
        }
        return new Matcher.All(all);
    }

    /** What is asked for, or by id where it is the first of several pages; null where any order will do. */
    private static @Nullable Sorting sorting(Subject subject, Question question) {
        if (question.gathers()) {
            return null;
        }
        Question.Page page = question.page();
        boolean pages = page.limit() != Long.MAX_VALUE || page.after() != null;
        return question.sort().isEmpty() && !pages ? null : Sorting.of(subject, question.sort());
    }

    private Plan plan(Subject subject, Matcher matcher, @Nullable Sorting sorting, Question question) {
        Question.Page page = question.page();
        long rows = page.limit() == Long.MAX_VALUE ? Long.MAX_VALUE : page.offset() + page.limit();
        try (Snapshot snapshot = store.snapshot()) {
            return new Planner(subject, snapshot).plan(matcher, sorting, rows, question.explain());
        }
    }

    private Found answer(Plan plan, Question question, Answering answering, OptionalLong total) {
        if (question.explain()) {
            Row row = new Row(
                    Planner.about(plan.subject().table()),
                    plan.subject().bodies().of(plan.explained(question)),
                    0,
                    Attributes.NONE);
            return new Answer(new One(pool::read, row), plan, Question.Page.ALL, true, total);
        }
        Gathering gathering = null;
        Sorting sorting = plan.sorting();
        Question.Page page = question.page();
        if (question.gathers()) {
            gathering = new Grouping(plan.subject(), question);
        } else if (plan.sorts() && sorting != null) {
            long most = page.limit() == Long.MAX_VALUE ? Long.MAX_VALUE : page.offset() + page.limit();
            gathering = new Sorter(sorting, most, answering::answer);
        }
        boolean single = question.gathers() && question.group().isEmpty();
        return new Answer(run(plan, gathering, answering, page), plan, page, single, total);
    }

    private Run run(Plan plan, @Nullable Gathering gathering, Answering answering, Question.Page page) {
        Budget budget = new Budget(limits, reserve, NARROWER);
        return new Run(store, pool, plan, budget, gathering, answering, page);
    }

    private CompletionStage<Long> count(Subject subject, Matcher matcher) {
        Question all = new Question(
                new Where.And(List.of()), null, List.of(), Question.Page.ALL, List.of(), List.of(), false, null);
        Plan plan = plan(subject, matcher, null, all);
        Tally tally = new Tally();
        CompletableFuture<Long> counted = new CompletableFuture<>();
        run(plan, tally, new Answering(plan, null, null), Question.Page.ALL).subscribe(tally.subscriber(counted));
        return counted;
    }
}

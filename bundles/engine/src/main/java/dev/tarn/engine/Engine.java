// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.application.StuckCalls;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Query;
import dev.tarn.api.resource.Recall;
import dev.tarn.api.resource.Resource;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Upload;
import java.net.SocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one door, and the tables behind it. Delegates to its parts; safe on any thread. */
@Component(
        service = {Resources.class, Tables.class, DurableSessions.class, Transactions.class, StuckCalls.class},
        configurationPid = "dev.tarn.engine",
        immediate = true)
@Designate(ocd = Engine.Config.class)
public final class Engine implements Resources, Tables, DurableSessions, Transactions, StuckCalls {

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    /** What can be set. */
    @ObjectClassDefinition(name = "Tarn engine")
    public @interface Config {
        @AttributeDefinition(description = "Threads for work that may block; 0 for one per core, at least 2")
        int threads() default 0;

        @AttributeDefinition(description = "Threads for what applications bring; 0 for four per core, at least 8")
        int applicationThreads() default 0;

        @AttributeDefinition(description = "Requests that may wait for a thread before others are refused")
        int queue() default 10_000;

        @AttributeDefinition(description = "Changes that wait for one slow subscriber")
        int mailbox_changes() default 10_000;

        @AttributeDefinition(description = "Bytes that wait for one slow subscriber")
        long mailbox_bytes() default 8L * 1024 * 1024;

        @AttributeDefinition(description = "Subscriptions of one subscriber")
        int mailbox_subscriptions() default 100_000;

        @AttributeDefinition(description = "Changes waiting for one event loop before publishers are held back")
        int loop_changes() default 16_384;

        @AttributeDefinition(description = "Bytes waiting for one event loop before publishers are held back")
        long loop_bytes() default 16L * 1024 * 1024;

        @AttributeDefinition(description = "Rows that a query may look at without returning them")
        long query_rows() default 10_000_000;

        @AttributeDefinition(description = "Seconds that a query may keep a thread busy without returning a row")
        int query_seconds() default 30;

        @AttributeDefinition(
                description = "Bytes that a query may hold to sort or gather rows; all together four times that")
        long query_memory() default 16L * 1024 * 1024;

        @AttributeDefinition(description = "accept: paths without a table are topics; refuse: they are errors")
        String unmappedPaths() default "accept";
    }

    private final Commons commons;
    private final Writes writes;
    private final Reads reads;
    private final Sourced sourced;
    private final Publishing publishing;
    private final Deployments deployments;
    private final Mailboxes mailboxes;
    private final Rejections rejections;
    private final ApplicationThreads applications;
    private final Overrides overrides;
    private final Errands errands;
    private final OwedSessions sessions;
    private final AutoCloseable observing;
    private final AutoCloseable rights;

    @Activate
    public Engine(@Reference Store store, @Reference Bodies bodies, @Reference Access access, Config config) {
        this(store, bodies, access, Settings.of(config));
    }

    /** With a clock of one's own. */
    public Engine(Store store, Bodies bodies, Access access, Config config, Clock clock) {
        this(store, bodies, access, Settings.of(config, clock));
    }

    Engine(Store store, Bodies bodies, Access access, Settings settings) {
        Payloads payloads = new Payloads(bodies);
        store.define(Deployments.TOPICS);
        this.commons = new Commons(
                store,
                payloads,
                new Permissions(access, bodies),
                settings,
                new Workers(settings.threads().workers(), settings.threads().queued()),
                new Horizon(),
                new Routing(Deployments.none(settings, payloads)),
                new ConcurrentHashMap<>());
        this.writes = new Writes(commons);
        this.reads = new Reads(commons);
        this.sourced = new Sourced(commons, reads, writes);
        this.publishing = new Publishing(commons, writes);
        this.applications = new ApplicationThreads(
                settings.threads().applications(), settings.threads().queued());
        this.deployments = new Deployments(commons, applications);
        Attempt.Parts parts = new Attempt.Parts(commons, writes, reads, publishing);
        this.errands = new Errands(commons, parts, applications);
        this.overrides = new Overrides(commons, writes, errands);
        this.mailboxes = new Mailboxes(commons);
        this.rejections = new Rejections(commons);
        this.sessions = new OwedSessions(commons);
        this.observing = store.observe(publishing);
        this.rights = access.observe(deployments::reconsider);
        // What was durable before the observer came is in no queue and needs none.
        long durable = store.sequence();
        commons.horizon().durable(durable);
        commons.horizon().offered(durable);
    }

    /** Fills a table from elsewhere when its rows are read. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addSource(Source source) {
        sourced.add(source);
    }

    public void removeSource(Source source) {
        sourced.remove(source);
    }

    /** Refusals and changes are written down from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setAudit(Audit audit) {
        commons.permissions().trail().set(audit);
    }

    /** They no longer are. */
    public void unsetAudit(Audit audit) {
        commons.permissions().trail().unset(audit);
    }

    /** Ends all mailboxes and the workers. */
    @Deactivate
    public void close() {
        try {
            rights.close();
            observing.close();
        } catch (Exception failure) {
            LOG.warn("the engine could not stop observing the store", failure);
        }
        applications.close();
        mailboxes.close();
        sessions.close();
        sourced.close();
        commons.workers().close();
    }

    @Override
    public Context context(User user, String protocol, String origin, @Nullable SocketAddress remote) {
        return new CallContext(user, protocol, origin, remote);
    }

    @Override
    public CompletionStage<Optional<Row>> get(Context context, Path path) {
        return get(context, path, Recall.USUAL);
    }

    @Override
    public CompletionStage<Optional<Row>> get(Context context, Path path, Recall recall) {
        return answered(() -> overrides.over(path, Action.GET) == null
                ? sourced.get(context, path, recall)
                : overrides.get(context, path));
    }

    @Override
    public CompletionStage<Flow.Publisher<Row>> find(Context context, Query query) {
        return answered(() -> reads.find(context, query));
    }

    @Override
    public CompletionStage<Found> search(Context context, Search search) {
        return answered(() ->
                search.resource().isEmpty() || overrides.over(Path.of(search.resource()), Action.FIND) == null
                        ? reads.search(context, search)
                        : overrides.search(context, search));
    }

    @Override
    public CompletionStage<Long> deleteAll(Context context, Search search) {
        return answered(() ->
                reads.rows(context, search).thenCompose(found -> new Removal(this::deleting, context).of(found)));
    }

    @Override
    public CompletionStage<Commit> put(Context context, Path path, Body body, Terms terms) {
        return answered(() -> overrides.over(path, Action.PUT) == null
                ? writes.put(context, path, body, terms)
                : overrides.commit(context, Request.of(Action.PUT, path, body, terms)));
    }

    @Override
    public CompletionStage<Commit> patch(Context context, Path path, Body body, Terms terms) {
        return answered(() -> overrides.over(path, Action.PATCH) == null
                ? writes.patch(context, path, body, terms)
                : overrides.commit(context, Request.of(Action.PATCH, path, body, terms)));
    }

    @Override
    public CompletionStage<Commit> delete(Context context, Path path, Terms terms) {
        return answered(() -> deleting(context, path, terms));
    }

    private CompletionStage<Commit> deleting(Context context, Path path, Terms terms) {
        return overrides.over(path, Action.DELETE) == null
                ? sourced.delete(context, path, terms)
                : overrides.commit(context, Request.of(Action.DELETE, path, null, terms));
    }

    @Override
    public CompletionStage<Commit> create(Context context, String resource, Body body, Terms terms) {
        return answered(() -> overrides.over(Path.of(resource), Action.POST) == null
                ? writes.create(context, resource, body, terms)
                : overrides.commit(context, Request.of(Action.POST, Path.of(resource), body, terms)));
    }

    @Override
    public CompletionStage<Commit> putAll(Context context, String resource, List<Body> bodies, Terms terms) {
        return answered(() -> overrides.puts(resource)
                ? overrides.putAll(context, resource, bodies, terms).thenApply(Outcome::commit)
                : writes.putAll(context, resource, bodies, terms));
    }

    @Override
    public CompletionStage<Upload> receive(Context context, Path path, long length) {
        return answered(() -> {
            writes.expect(context, path);
            return CompletableFuture.completedFuture(commons.store().receive(length));
        });
    }

    @Override
    public CompletionStage<Commit> attach(Context context, Path path, String attribute, Content content, Terms terms) {
        return answered(() -> overrides.over(path, Action.PATCH) == null
                ? writes.attach(context, path, attribute, content, terms)
                : overrides.attach(context, path, attribute, content, terms).thenApply(Outcome::commit));
    }

    @Override
    public CompletionStage<Commit> publish(Context context, Path path, Body body, Terms terms) {
        // The hot path, so without a lambda.
        try {
            return overrides.over(path, Action.PUBLISH) == null
                    ? publishing.publish(context, path, body, terms)
                    : overrides.commit(context, Request.of(Action.PUBLISH, path, body, terms));
        } catch (Failure refusal) {
            return CompletableFuture.failedFuture(refusal);
        } catch (RuntimeException bug) {
            return failed(bug);
        }
    }

    @Override
    public CompletionStage<Void> rejected(Context context, Path path, Body body, Failure why) {
        return answered(() -> rejections.record(context, path, body, why));
    }

    @Override
    public List<StuckCall> stuck() {
        return applications.stuck();
    }

    @Override
    public Optional<Table> table(Context context, Path path) {
        return reads.table(context, path);
    }

    @Override
    public Optional<Table> seen(Context context, Path path) {
        return reads.seen(context, path);
    }

    @Override
    public boolean mayHear(Context context, Filter filter, Change change) {
        return reads.mayHear(context, filter, change);
    }

    @Override
    public CompletionStage<Map<String, Object>> describe(Context context, String resource) {
        return answered(() -> reads.describe(context, resource));
    }

    @Override
    public boolean overridden(Context context, Path path, Action action) {
        return overrides.over(path, action) != null;
    }

    @Override
    public CompletionStage<Outcome> call(Context context, Request request) {
        return answered(() -> overrides.call(context, request));
    }

    @Override
    public CompletionStage<Outcome> run(String application, Duration limit, Transactions.Work work) {
        return answered(() -> errands.run(application, limit, work));
    }

    @Override
    public CompletionStage<Commit> together(Context context, List<Request> requests, List<Draft> alongside) {
        return answered(() -> {
            for (Request request : requests) {
                if (overrides.over(request.path(), request.action()) != null) {
                    throw new Failure(
                            Failure.Code.UNSUPPORTED,
                            "logic of an application answers at " + request.path()
                                    + ", which is a transaction of its own");
                }
            }
            return writes.together(context, requests, alongside);
        });
    }

    @Override
    public CompletionStage<Void> admit(Context context, Filter filter) {
        return answered(() -> overrides.admitted(context, filter));
    }

    @Override
    public Mailbox mailbox(Context context, Executor loop, Subscriber subscriber) {
        return mailboxes.open(CallContext.of(context), loop, subscriber);
    }

    @Override
    public DurableSession open(String name, long cursor) {
        return sessions.open(name, cursor);
    }

    @Override
    public List<DurableSession> sessions() {
        return sessions.all();
    }

    @Override
    public void deploy(String application, List<Table> tables, List<Mount> mounts) {
        deployments.deploy(application, tables, mounts);
    }

    @Override
    public void undeploy(String application) {
        deployments.undeploy(application);
    }

    @Override
    public Resource rows(String table) {
        return new Inner(commons, reads, writes, table);
    }

    @Override
    public Collection<Table> all() {
        return deployments.all();
    }

    /** The stage that the call makes, or one that fails with what the call throws: the door refuses in the stage. */
    private static <T> CompletionStage<T> answered(Supplier<CompletionStage<T>> call) {
        try {
            return call.get();
        } catch (Failure refusal) {
            return CompletableFuture.failedFuture(refusal);
        } catch (RuntimeException bug) {
            return failed(bug);
        }
    }

    private static <T> CompletionStage<T> failed(RuntimeException bug) {
        LOG.error("a request failed", bug);
        return CompletableFuture.failedFuture(bug);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A resource without a table, at the path that {@link At} names: override what it does. Methods return what is answered: an
 * {@link Answer}, a {@link Body}, or a value, which becomes one; null is nothing.
 */
@ConsumerType
public abstract class Endpoint implements Logic {

    /** What a request names each method with, for those who look which are overridden. */
    private static final Map<Action, String> NAMES = new EnumMap<>(Action.class);

    static {
        for (Action action : Action.values()) {
            NAMES.put(action, action.name().toLowerCase(java.util.Locale.ROOT));
        }
    }

    /** Answers {@code GET /path/id}. */
    public @Nullable Object get(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Answers {@code GET /path/}. */
    public @Nullable Object find(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Answers {@code PUT}, and an MQTT message that is retained. */
    public @Nullable Object put(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Answers {@code PATCH}. */
    public @Nullable Object patch(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Answers {@code DELETE}, and an empty MQTT message that is retained. */
    public @Nullable Object delete(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Answers {@code POST}. */
    public @Nullable Object post(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Takes a message. */
    public void publish(Call call) throws Exception {
        throw unsupported(call);
    }

    /** Lets a subscription begin, unless it throws. */
    public void subscribe(Call call) throws Exception {
        throw unsupported(call);
    }

    /**
     * Takes a WebSocket or a stream of events over.
     *
     * @param incoming what comes in over a WebSocket; nothing over a stream of events
     * @return what goes out
     */
    public Flow.Publisher<?> connect(Call call, Flow.Publisher<Body> incoming) throws Exception {
        throw unsupported(call);
    }

    private static Failure unsupported(Call call) {
        return new Failure(Failure.Code.UNSUPPORTED, call.path().first() + " has no " + NAMES.get(call.action()));
    }

    /**
     * What other tables are reached with, and what is said elsewhere: the caller's rights. Override it to return {@link Call#own} where
     * the class may do what its callers may not.
     */
    protected Transaction transaction(Call call) {
        return call.transaction();
    }

    /** Says something at any path once the call has succeeded. */
    protected final void say(Call call, String path, Object value) {
        transaction(call).publish(Path.of(path), Answers.body(call.bodies(), value), Attributes.NONE);
    }

    /** Another table, in the same transaction. */
    protected final <O extends Record> TypedRows<O> table(Call call, Class<O> type) {
        return TypedRows.of(transaction(call), type, call.bodies());
    }

    @Override
    public Set<Action> actions() {
        return Answers.overridden(getClass(), Endpoint.class, NAMES);
    }

    @Override
    public final Answer answer(Call call) throws Exception {
        return switch (call.action()) {
            case GET -> Answers.of(call.bodies(), get(call));
            case FIND -> Answers.of(call.bodies(), find(call));
            case PUT -> Answers.of(call.bodies(), put(call));
            case PATCH -> Answers.of(call.bodies(), patch(call));
            case DELETE -> Answers.of(call.bodies(), delete(call));
            case POST -> Answers.of(call.bodies(), post(call));
            case PUBLISH -> {
                publish(call);
                yield Answer.PLAIN;
            }
            case SUBSCRIBE -> {
                subscribe(call);
                yield Answer.PLAIN;
            }
            case CONNECT -> Answers.stream(call, connect(call, Answers.incoming(call)));
        };
    }
}

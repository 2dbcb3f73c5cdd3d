// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Call;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Flow;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.jspecify.annotations.Nullable;

/**
 * What comes into an isolate and goes out of it value by value: messages of a connection that it took over, answers that it
 * makes as they are asked for, changes that it watches. Each has a number that both sides know. For the thread that is in
 * the isolate, but for {@link #items}'s publisher.
 */
final class Streams {

    /** Messages that may wait in an isolate before their sender is held back. */
    private static final int WINDOW = 16;

    private final Loaded program;
    private final Isolate isolate;
    private final Map<Integer, Flow.Subscription> incoming = new HashMap<>();
    private final Map<Integer, Items> items = new HashMap<>();
    private final Map<Integer, Watching> watching = new HashMap<>();

    Streams(Loaded program, Isolate isolate) {
        this.program = program;
        this.isolate = isolate;
    }

    void offer(Map<String, Object> members) {
        members.put("incoming", (ProxyExecutable) arguments -> {
            take(arguments[0].asHostObject(), arguments[1].asInt());
            return null;
        });
        members.put("read", (ProxyExecutable) arguments -> {
            Flow.Subscription subscription = incoming.get(arguments[1].asInt());
            if (subscription != null) {
                subscription.request(1);
            }
            return null;
        });
        members.put("pulled", (ProxyExecutable) this::pulled);
        members.put("broke", (ProxyExecutable) this::broke);
        members.put("subscribe", (ProxyExecutable) this::subscribe);
        members.put("taken", (ProxyExecutable) arguments -> {
            Watching one = watching.get(arguments[0].asInt());
            if (one != null) {
                one.taken();
            }
            return null;
        });
        members.put("unsubscribe", (ProxyExecutable) arguments -> {
            Watching one = watching.remove(arguments[0].asInt());
            if (one != null) {
                one.close();
            }
            return null;
        });
    }

    // --- what comes in over a connection

    private void take(Door door, int number) {
        Call call = door.call();
        Flow.Publisher<Body> messages = call == null ? null : call.incoming();
        if (messages == null) {
            return;
        }
        messages.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                inside(() -> {
                    incoming.put(number, subscription);
                    subscription.request(WINDOW);
                });
            }

            @Override
            public void onNext(Body body) {
                isolate.hand(() -> isolate.function("push")
                        .execute(number, isolate.values().in(value(body))));
            }

            @Override
            public void onError(Throwable failure) {
                onComplete();
            }

            @Override
            public void onComplete() {
                isolate.hand(() -> {
                    incoming.remove(number);
                    isolate.function("end").execute(number);
                });
            }
        });
    }

    private void inside(Runnable action) {
        if (isolate.inside()) {
            action.run();
        } else {
            isolate.hand(action);
        }
    }

    /** What a message says: data where that is what it is, else text or bytes. */
    static @Nullable Object value(Body body) {
        try {
            if (body.structured()
                    || body.mediaType().contains("json")
                    || body.mediaType().contains("cbor")) {
                return body.value();
            }
        } catch (Failure unreadable) {
            return new String(body.bytes(), StandardCharsets.UTF_8);
        }
        return Values.text(body.mediaType()) ? new String(body.bytes(), StandardCharsets.UTF_8) : body.bytes();
    }

    // --- answers, value by value

    /** The values of a stream of the isolate, one for each that is asked for; for one subscriber. */
    Flow.Publisher<Body> items(int number) {
        Items made = new Items(isolate, number);
        items.put(number, made);
        isolate.opened(made);
        return made;
    }

    private @Nullable Object pulled(Value... arguments) {
        int number = arguments[0].asInt();
        Items stream = items.get(number);
        if (stream == null) {
            return null;
        }
        if (arguments[1].asBoolean()) {
            items.remove(number);
            isolate.closed(stream);
            stream.complete();
        } else {
            stream.next(program.bodies().of(Values.out(arguments[2])));
        }
        return null;
    }

    private @Nullable Object broke(Value... arguments) {
        Items stream = items.remove(arguments[0].asInt());
        if (stream != null) {
            isolate.closed(stream);
            int status = arguments[1].asInt();
            String message = arguments[2].asString();
            ScriptError error = new ScriptError(message, arguments[3].asString());
            if (status < 400 || status > 599) {
                program.report(error);
            }
            stream.fail(status >= 400 && status <= 599 ? Failure.of(status, message) : error);
        }
        return null;
    }

    // --- changes that are watched

    /**
     * Arguments: the door of a request or null, whether it is about the table that is served there, so that its caller's
     * rights count whatever the application says; number, table, id, with what is below, without current rows, since when, the last how many.
     */
    private @Nullable Object subscribe(Value... arguments) {
        Door door = arguments[0].isNull() ? null : arguments[0].asHostObject();
        Call call = door == null || (program.own() && !arguments[1].asBoolean()) ? null : door.call();
        int number = arguments[2].asInt();
        String id = arguments[4].isNull() ? null : arguments[4].asString();
        Watching one = Watching.begin(
                program,
                isolate,
                number,
                new Watching.Wish(
                        call == null ? null : call.context(),
                        arguments[3].asString(),
                        id,
                        arguments[5].asBoolean(),
                        arguments[6].asBoolean(),
                        arguments[7].asLong(),
                        arguments[8].asLong()));
        watching.put(number, one);
        return null;
    }
}

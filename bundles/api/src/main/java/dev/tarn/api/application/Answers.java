// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Makes answers of what Java resources return. */
final class Answers {
    private Answers() {}

    static Answer of(Bodies bodies, @Nullable Object returned) {
        if (returned == null) {
            return new Answer(0, java.util.List.of(), new Answer.Absent());
        }
        return returned instanceof Answer answer ? answer : Answer.of(body(bodies, returned));
    }

    /** A value as a body: records become objects. */
    static Body body(Bodies bodies, @Nullable Object value) {
        return value instanceof Body body ? body : bodies.of(Shape.plain(value));
    }

    static Answer stream(Call call, Flow.Publisher<?> items) {
        return Answer.items(to -> items.subscribe(new Flow.Subscriber<Object>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                to.onSubscribe(subscription);
            }

            @Override
            public void onNext(Object item) {
                to.onNext(body(call.bodies(), item));
            }

            @Override
            public void onError(Throwable failure) {
                to.onError(failure);
            }

            @Override
            public void onComplete() {
                to.onComplete();
            }
        }));
    }

    /** What comes in, or nothing for ever. */
    static Flow.Publisher<Body> incoming(Call call) {
        Flow.Publisher<Body> incoming = call.incoming();
        return incoming != null
                ? incoming
                : to -> to.onSubscribe(new Flow.Subscription() {
                    @Override
                    public void request(long count) {
                        // There is never anything.
                    }

                    @Override
                    public void cancel() {
                        // There is nothing to end.
                    }
                });
    }

    /** Which actions a class answers itself: those whose methods it does not leave as they are. */
    static Set<Action> overridden(Class<?> type, Class<?> plain, Map<Action, String> names) {
        Set<Action> actions = EnumSet.noneOf(Action.class);
        names.forEach((action, name) -> {
            for (Class<?> each = type; each != null && each != plain; each = each.getSuperclass()) {
                for (Method method : each.getDeclaredMethods()) {
                    if (method.getName().equals(name)
                            && !method.isSynthetic()
                            && method.getParameterCount() > 0
                            && method.getParameterTypes()[0] == Call.class) {
                        actions.add(action);
                    }
                }
            }
        });
        return actions;
    }
}

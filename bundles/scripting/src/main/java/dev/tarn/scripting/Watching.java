// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes that an isolate watches, as events of Harper's. Everything happens in the isolate. */
final class Watching implements Subscriber, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Watching.class);
    private static final long WINDOW = 64;

    /**
     * What is wished for.
     *
     * @param caller with whose rights; null for the application's own
     * @param table its qualified name
     * @param since milliseconds since 1970; -1 for none
     * @param last how many changes before; -1 for none
     */
    record Wish(
            @Nullable Context caller,
            String table,
            @Nullable String id,
            boolean below,
            boolean withoutCurrent,
            long since,
            long last) {

        Filter filter(String export) {
            if (id == null) {
                return Filter.of(export + "/#");
            }
            return Filter.of(export + "/" + id + (below ? "/#" : ""));
        }

        Start start() {
            if (since >= 0) {
                return new Start(Start.From.SINCE, since);
            }
            if (last >= 0) {
                return new Start(Start.From.LAST, last);
            }
            return withoutCurrent ? Start.LIVE : Start.CURRENT;
        }
    }

    private final Isolate isolate;
    private final int number;
    private final int prefix;
    private @Nullable Mailbox mailbox;

    private Watching(Isolate isolate, int number, int prefix) {
        this.isolate = isolate;
        this.number = number;
        this.prefix = prefix;
    }

    static Watching begin(Loaded program, Isolate isolate, int number, Wish wish) {
        String export = program.exported(wish.table());
        Watching watching = new Watching(isolate, number, export.isEmpty() ? 0 : export.length() + 1);
        Mailbox mailbox = program.mailbox(wish.caller(), isolate::hand, watching);
        watching.mailbox = mailbox;
        mailbox.subscribe(wish.filter(export), wish.start(), null);
        mailbox.request(WINDOW);
        return watching;
    }

    void taken() {
        if (mailbox != null) {
            mailbox.request(1);
        }
    }

    @Override
    public void deliver(List<Delivery> batch) {
        for (Delivery delivery : batch) {
            isolate.function("push").execute(number, isolate.values().in(event(delivery.change())));
        }
    }

    private Map<String, @Nullable Object> event(Change change) {
        Map<String, @Nullable Object> event = new LinkedHashMap<>();
        String path = change.path().text();
        event.put("id", path.length() > prefix ? path.substring(prefix) : "");
        event.put("type", type(change.kind()));
        Body body = change.body();
        event.put("value", body == null ? null : Streams.value(body));
        event.put("version", change.version());
        event.put("timestamp", change.attributes().timestamp());
        return event;
    }

    private static String type(Kind kind) {
        return switch (kind) {
            case PUT, PATCH -> "put";
            case DELETE, EXPIRE -> "delete";
            case MESSAGE -> Kind.MESSAGE.name().toLowerCase(Locale.ROOT);
        };
    }

    @Override
    public void missed(long changes) {
        LOG.warn("application={} missed={} messages that it did not take in time", isolate.application(), changes);
        taken();
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        // Nothing tells applications where current rows end.
    }

    @Override
    public void reset(Subscription subscription) {
        LOG.debug("application={} watches from its current rows on, since the log is too short", isolate.application());
    }

    @Override
    public void ended(Failure why) {
        isolate.function("end").execute(number);
    }

    @Override
    public void close() {
        if (mailbox != null) {
            mailbox.close();
            mailbox = null;
        }
    }
}

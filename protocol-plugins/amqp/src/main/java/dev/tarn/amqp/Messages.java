// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.application.Action;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.store.Draft;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.messaging.Header;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.jspecify.annotations.Nullable;

/** Turns what a client sends into a row, a change of one, its end, or a message. Safe on any thread. */
final class Messages {

    /** What other protocols have no word for, kept with a change: {@link Kept}. */
    static final int EXTENSION = 96;

    private static final String TEXT = "text/plain; charset=utf-8";

    /** Marks that say how a message is meant, and are no user properties. */
    private static final Set<String> MARKS = Set.of("x-opt-retain", "x_opt_retain", "put");

    /** JMS clients say so what sort of destination {@code to} is; this one is a queue. */
    private static final String DESTINATION = "x-opt-jms-dest";

    private static final String QUEUE = "0";

    private final Resources resources;
    private final Bodies bodies;
    private final Answers answers;
    private final Clock clock;

    Messages(Resources resources, Bodies bodies, Clock clock) {
        this.resources = resources;
        this.bodies = bodies;
        this.answers = new Answers(resources, bodies);
        this.clock = clock;
    }

    /** What a link says for all its messages: where they go, and whether they put rows. */
    record Aim(@Nullable Path path, boolean puts) {}

    /**
     * Reads a message.
     *
     * @throws Failure for an address or body that cannot be
     */
    Request read(Context context, Aim aim, Sections sections, boolean settled) {
        Path path = path(aim, sections);
        return read(sections, path, verb(aim, sections), body(context, path, sections), settled);
    }

    /** Where a message goes. */
    static Path path(Aim aim, Sections sections) {
        Path path = aim.path();
        if (path != null) {
            return path;
        }
        String to = sections.properties().getTo();
        if (to == null) {
            throw new Failure(Failure.Code.MALFORMED, "a message without 'to' on a link without an address");
        }
        return Address.path(to);
    }

    /** Reads what is around a body. */
    Request read(Sections sections, Path path, Request.Verb verb, Body body, boolean settled) {
        Properties properties = sections.properties();
        Path replyTo = replyTo(properties.getReplyTo());
        if (verb == Request.Verb.GET && replyTo == null) {
            throw new Failure(Failure.Code.MALFORMED, "a get needs reply-to, an address");
        }
        Object query = sections.option("query");
        return new Request(
                verb,
                path,
                body,
                attributes(sections, verb, body, settled, replyTo),
                replyTo,
                query == null ? null : query.toString(),
                Format.accepted(sections.option("accept")));
    }

    /**
     * The queue that a message is for, on a link without an address; null for none.
     *
     * @throws Failure for an address that cannot be
     */
    static @Nullable FeedKey queue(Aim aim, Sections sections) {
        String to = sections.properties().getTo();
        if (aim.path() != null || to == null) {
            return null;
        }
        boolean said = QUEUE.equals(Values.text(sections.option(DESTINATION))) || Address.queue(to, null);
        return said ? FeedKey.queue(Address.path(to).text()) : null;
    }

    private static Request.Verb verb(Aim aim, Sections sections) {
        // As MQTT has it: retained without a payload removes the row. Some clients write null for no body, others no
        // bytes.
        boolean empty =
                sections.hasValue() ? sections.value() == null : !sections.hasSequence() && sections.data().length == 0;
        return verb(aim, sections, empty);
    }

    /** @param empty whether there is no body */
    static Request.Verb verb(Aim aim, Sections sections, boolean empty) {
        String subject = sections.properties().getSubject();
        Request.Verb said = subject == null
                ? null
                : switch (subject.toLowerCase(Locale.ROOT)) {
                    case "put" -> empty ? Request.Verb.DELETE : Request.Verb.PUT;
                    case "patch" -> Request.Verb.PATCH;
                    case "delete" -> Request.Verb.DELETE;
                    case "get" -> sections.properties().getReplyTo() == null ? null : Request.Verb.GET;
                    default -> null;
                };
        if (said != null) {
            return said;
        }
        Object mark = sections.option("x-opt-retain", "x_opt_retain", "put");
        boolean put = mark == null ? aim.puts() : yes(mark);
        if (!put) {
            return Request.Verb.PUBLISH;
        }
        return empty ? Request.Verb.DELETE : Request.Verb.PUT;
    }

    /** Whether a mark is set: true, "true", or a number that is not 0. */
    static boolean yes(@Nullable Object mark) {
        Object plain = Values.ofAmqp(mark);
        return plain instanceof Boolean yes
                ? yes
                : plain instanceof Long number ? number != 0 : "true".equals(String.valueOf(plain));
    }

    private static @Nullable Path replyTo(@Nullable String address) {
        if (address == null) {
            return null;
        }
        try {
            return Path.of(Address.bare(address));
        } catch (Failure noPath) {
            return null; // another system's address: kept for AMQP clients, nothing for others
        }
    }

    private Attributes attributes(
            Sections sections, Request.Verb verb, Body body, boolean settled, @Nullable Path replyTo) {
        Properties properties = sections.properties();
        Attributes.Builder builder = Attributes.builder()
                .qos(settled ? 0 : 2)
                .contentType(properties.getContentType())
                .responsePath(replyTo == null ? null : replyTo.text())
                .correlation(correlation(properties.getCorrelationId()))
                .properties(userProperties(sections.application()));
        if (sections.value() instanceof String) {
            builder.payloadFormat(1);
        }
        Header header = sections.header();
        if (properties.hasAbsoluteExpiryTime() && properties.getAbsoluteExpiryTime() > 0) {
            builder.expiresAt(properties.getAbsoluteExpiryTime());
        } else if (header != null && header.hasTimeToLive() && header.getTimeToLive() > 0) {
            builder.expiresAt(clock.millis() + header.getTimeToLive());
        }
        byte[] kept = Kept.of(sections);
        if (kept.length > 0) {
            builder.extension(EXTENSION, kept);
        }
        return Original.with(builder.build(), sections, verb, body);
    }

    private static List<Property> userProperties(Map<?, ?> application) {
        List<Property> properties = new ArrayList<>(application.size());
        application.forEach((name, value) -> {
            String text = String.valueOf(name);
            if (!MARKS.contains(text)) {
                properties.add(new Property(text, Values.text(value)));
            }
        });
        return properties;
    }

    static byte @Nullable [] correlation(@Nullable Object id) {
        if (id == null) {
            return null;
        }
        return id instanceof Binary binary
                ? Values.bytes(binary)
                : id.toString().getBytes(StandardCharsets.UTF_8);
    }

    private Body body(Context context, Path path, Sections sections) {
        String said = sections.properties().getContentType();
        String type = said == null || said.isBlank() ? null : said;
        if (sections.hasSequence()) {
            return structured(context, path, Values.ofAmqp(sections.sequence()));
        }
        if (!sections.hasValue()) {
            return data(context, path, type, sections.data(), Body.OPAQUE);
        }
        Object value = sections.value();
        if (value instanceof Binary binary) {
            return data(context, path, type, Values.bytes(binary), Body.OPAQUE);
        }
        if (value == null || value instanceof String) {
            byte[] text = value == null ? new byte[0] : ((String) value).getBytes(StandardCharsets.UTF_8);
            return data(context, path, type, text, TEXT);
        }
        return structured(context, path, Values.ofAmqp(value));
    }

    private boolean opaque(Context context, Path path) {
        Optional<Table> table = resources.table(context, path);
        return table.isEmpty() || table.get().rules().opaque();
    }

    private Body structured(Context context, Path path, @Nullable Object value) {
        Body body = bodies.of(value);
        return opaque(context, path)
                ? bodies.opaque(Bodies.JSON, body.as(Bodies.JSON).bytes())
                : body;
    }

    private Body data(Context context, Path path, @Nullable String type, byte[] bytes, String otherwise) {
        if (opaque(context, path)) {
            return bodies.opaque(type == null ? otherwise : type, bytes);
        }
        if (type != null && !type.equals(Body.OPAQUE)) {
            return bodies.codec(type).isPresent() ? bodies.structured(type, bytes) : bodies.opaque(type, bytes);
        }
        Body json = bodies.structured(Bodies.JSON, bytes);
        try {
            return json.value() instanceof Map ? json : bodies.opaque(otherwise, bytes);
        } catch (Failure notJson) {
            return bodies.opaque(otherwise, bytes);
        }
    }

    /**
     * Does all that is asked, and writes what goes with it, in one transaction; messages are logged. Fails with a {@link Failure}
     * when any of it is refused.
     */
    CompletionStage<Commit> together(Context context, List<Request> requests, List<Draft> alongside) {
        List<dev.tarn.api.application.Request> asked = new ArrayList<>(requests.size());
        for (Request request : requests) {
            Action action = switch (request.verb()) {
                case PUBLISH -> Action.PUBLISH;
                case PUT -> Action.PUT;
                case PATCH -> Action.PATCH;
                case DELETE -> Action.DELETE;
                case GET -> throw new IllegalArgumentException("a get changes nothing");
            };
            asked.add(dev.tarn.api.application.Request.of(
                    action, request.path(), request.body(), Terms.of(request.attributes())));
        }
        return resources.together(context, asked, alongside);
    }

    /** Does what is asked. Completes when that may be acknowledged; fails with a {@link Failure}. */
    CompletionStage<Commit> send(Context context, Request request) {
        Terms terms = Terms.of(request.attributes());
        return switch (request.verb()) {
            case PUBLISH -> resources.publish(context, request.path(), request.body(), terms);
            case PUT -> resources.put(context, request.path(), request.body(), terms);
            case PATCH -> resources.patch(context, request.path(), request.body(), terms);
            case DELETE -> resources.delete(context, request.path(), terms);
            case GET -> answers.answer(context, request);
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Property;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A selector in the words of JMS (SQL-92 conditions over one message). A name is an application property or, where there is
 * none, an attribute of the row; {@code JMSType} and the like are the message's own fields. Unknown is neither true nor
 * false, as in SQL. Immutable.
 */
final class Selector {

    /** A part of the condition; null stands for unknown. */
    interface Expression {
        @Nullable
        Object of(Message message);
    }

    /** What is said of the message under a name. */
    record Name(String name) implements Expression {
        @Override
        public @Nullable Object of(Message message) {
            return message.value(name);
        }
    }

    /** A number, a text, true or false. */
    record Literal(Object value) implements Expression {
        @Override
        public Object of(Message message) {
            return value;
        }
    }

    /** One and the other. */
    record Both(Expression one, Expression two) implements Expression {
        @Override
        public @Nullable Object of(Message message) {
            Object first = one.of(message);
            // What is false stays so, whatever the other is.
            return Boolean.FALSE.equals(first) ? first : Logic.and(first, two.of(message));
        }
    }

    /** One compared with the other. Annotations are numbers written as text. */
    record Comparison(String operator, Expression one, Expression two) implements Expression {
        @Override
        public @Nullable Object of(Message message) {
            boolean annotation = one instanceof Name name && name.name().startsWith(ANNOTATION);
            return Logic.compare(operator, one.of(message), two.of(message), annotation);
        }

        /** The sequence after which alone this can be true; null where there is none. */
        @Nullable
        Long after() {
            boolean sequence = one instanceof Name name && name.name().equals(SEQUENCE);
            String bound = two instanceof Literal literal ? literal.value().toString() : "";
            if (!sequence || !bound.matches("\\d{1,18}")) {
                return null;
            }
            return switch (operator) {
                case ">" -> Long.parseLong(bound);
                case ">=", "=" -> Math.max(0, Long.parseLong(bound) - 1);
                default -> null;
            };
        }
    }

    private static final String ANNOTATION = "amqp.annotation.";
    private static final String SEQUENCE = "amqp.annotation.x-opt-sequence-number";

    private final Expression condition;
    private final @Nullable Long after;

    private Selector(Expression condition, @Nullable Long after) {
        this.condition = condition;
        this.after = after;
    }

    /**
     * Reads a selector.
     *
     * @throws Failure MALFORMED with the place of what is wrong
     */
    static Selector of(String text) {
        Expression condition = new SelectorReader(text).read();
        return new Selector(condition, after(condition));
    }

    private static @Nullable Long after(Expression condition) {
        if (condition instanceof Both both) {
            Long first = after(both.one());
            Long second = after(both.two());
            return first == null ? second : second == null ? first : (Long) Math.max(first, second);
        }
        return condition instanceof Comparison comparison ? comparison.after() : null;
    }

    /** The sequence after which alone the condition can be true, so that reading begins there; null when it does not say. */
    @Nullable
    Long after() {
        return after;
    }

    /** The condition for the engine, to be asked by one thread, whose codec this is. */
    Predicate<Change> on(Codec codec) {
        return change -> takes(change, codec);
    }

    /** Whether the condition is true of the change. */
    boolean takes(Change change, Codec codec) {
        return Boolean.TRUE.equals(condition.of(new Message(change, codec)));
    }

    /** A change in the words of a selector; for one thread. */
    static final class Message {
        private final Change change;
        private final Codec codec;
        private @Nullable Sections kept;
        private boolean read;

        Message(Change change, Codec codec) {
            this.change = change;
            this.codec = codec;
        }

        /** What AMQP has kept with it, taken apart for the first name that is asked for. */
        private @Nullable Sections kept() {
            if (!read) {
                read = true;
                kept = Kept.sections(change.attributes(), codec);
            }
            return kept;
        }

        @Nullable
        Object value(String name) {
            if (name.startsWith("JMS") && !name.startsWith("JMSX")) {
                return field(name);
            }
            if (name.equals(SEQUENCE)) {
                return change.logged() ? change.sequence() : null;
            }
            Sections kept = kept();
            if (name.startsWith(ANNOTATION)) {
                return kept == null ? null : plain(kept.annotations(), name.substring(ANNOTATION.length()));
            }
            if (name.startsWith(PropertiesFilter.PROPERTY)) {
                return PropertiesFilter.property(
                        name.substring(PropertiesFilter.PROPERTY.length()),
                        kept == null ? null : kept.properties(),
                        change);
            }
            if (name.startsWith(PropertiesFilter.OWN)) {
                return own(name.substring(PropertiesFilter.OWN.length()));
            }
            Object own = own(name);
            return own == null ? attribute(name) : own;
        }

        private @Nullable Object own(String name) {
            Sections kept = kept();
            Object typed = kept == null ? null : plain(kept.application(), name);
            if (typed != null) {
                return typed;
            }
            for (Property property : change.attributes().properties()) {
                if (property.name().equals(name)) {
                    return property.value();
                }
            }
            return null;
        }

        private static @Nullable Object plain(Map<?, ?> map, String name) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (String.valueOf(entry.getKey()).equals(name)) {
                    return Values.ofAmqp(entry.getValue());
                }
            }
            return null;
        }

        private @Nullable Object attribute(String name) {
            Body body = change.body();
            Object value = body == null || !body.structured() ? null : body.value();
            for (String part : name.split("\\.", -1)) {
                value = value instanceof Map<?, ?> map ? map.get(part) : null;
            }
            return value;
        }

        private @Nullable Object field(String name) {
            Sections kept = kept();
            Properties properties = kept == null ? new Properties() : kept.properties();
            return switch (name) {
                case "JMSType" -> type(properties.getSubject());
                case "JMSMessageID" -> Values.ofAmqp(properties.getMessageId());
                case "JMSCorrelationID" -> Values.ofAmqp(properties.getCorrelationId());
                case "JMSDestination" -> change.path().text();
                case "JMSReplyTo" -> change.attributes().responsePath();
                case "JMSTimestamp" -> change.attributes().timestamp();
                case "JMSExpiration" -> change.attributes().expiresAt();
                case "JMSPriority" -> (long) (Kept.priority(kept) & 0xff);
                case "JMSDeliveryMode" -> mode();
                default -> null;
            };
        }

        private String type(@Nullable String subject) {
            return subject == null ? change.kind().name().toLowerCase(Locale.ROOT) : subject;
        }

        private String mode() {
            return Kept.durable(change, kept()) ? "PERSISTENT" : "NON_PERSISTENT";
        }
    }
}

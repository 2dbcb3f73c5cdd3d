// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Traits;
import dev.tarn.engine.query.Expression;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A declared attribute, with what is read once: its pattern, its expression, what is inside of it. Immutable. */
final class Field {
    private final Attribute attribute;
    private final Coercion coercion;
    private final @Nullable TextPattern pattern;
    private final @Nullable Expression expression;
    private final Map<String, Field> nested;

    /** @throws Failure MALFORMED when its pattern or its expression cannot be read */
    Field(Attribute attribute, Coercion coercion) {
        this.attribute = attribute;
        this.coercion = coercion;
        String text = attribute.traits().bounds().pattern();
        this.pattern = text == null ? null : TextPattern.parse(text);
        this.expression = attribute
                .traits()
                .computed()
                .map(computed -> Expression.parse(computed.expression()))
                .orElse(null);
        this.nested = all(attribute.nested(), coercion);
    }

    /** By name, in the order in which they are declared. */
    static Map<String, Field> all(List<Attribute> attributes, Coercion coercion) {
        Map<String, Field> fields = new LinkedHashMap<>();
        for (Attribute attribute : attributes) {
            fields.put(attribute.name(), new Field(attribute, coercion));
        }
        return fields;
    }

    Attribute attribute() {
        return attribute;
    }

    Traits traits() {
        return attribute.traits();
    }

    /** What it is computed by, or null. */
    @Nullable
    Expression expression() {
        return expression;
    }

    /** The attributes of the object that it holds; empty where these are not declared. */
    Map<String, Field> nested() {
        return nested;
    }

    /** A value of the attribute's type; what it breaks is told, each without the attribute's name. */
    Object scalar(Object value, Consumer<String> violations) {
        Object converted = coercion.to(attribute.type(), value);
        if (converted == null) {
            violations.accept("must be " + Coercion.called(attribute.type()) + ", not " + Schema.described(value));
            return value;
        }
        check(converted, violations);
        return converted;
    }

    private void check(Object value, Consumer<String> violations) {
        Traits traits = attribute.traits();
        if (!traits.values().isEmpty() && !traits.values().contains(value)) {
            violations.accept(
                    "must be one of " + String.join(", ", traits.values()) + ", not " + Schema.described(value));
        }
        Traits.Bounds bounds = traits.bounds();
        if (value instanceof Number number) {
            range(number, bounds, violations);
        } else if (value instanceof String text && !attribute.list()) {
            length(text.codePointCount(0, text.length()), "characters", violations);
        } else if (value instanceof byte[] bytes && !attribute.list()) {
            length(bytes.length, "bytes", violations);
        }
        TextPattern wanted = pattern;
        if (wanted != null && value instanceof String text) {
            if (wanted.tooLong(text.length())) {
                violations.accept("is too long to be matched with " + bounds.pattern());
            } else if (!wanted.matches(text)) {
                violations.accept("must match " + bounds.pattern() + ", and " + Schema.described(value) + " does not");
            }
        }
    }

    private static void range(Number number, Traits.Bounds bounds, Consumer<String> violations) {
        if (bounds.min() == null && bounds.max() == null) {
            return;
        }
        BigDecimal value = number instanceof Double real
                ? new BigDecimal(real)
                : number instanceof BigInteger whole ? new BigDecimal(whole) : new BigDecimal(number.toString());
        boolean below = bounds.min() != null && value.compareTo(bounds.min()) < 0;
        boolean above = bounds.max() != null && value.compareTo(bounds.max()) > 0;
        if (below) {
            violations.accept("must be at least " + bounds.min() + ", not " + Schema.described(number));
        } else if (above) {
            violations.accept("must be at most " + bounds.max() + ", not " + Schema.described(number));
        }
    }

    /** Checks how long a list, a text or bytes are. */
    void length(int length, String unit, Consumer<String> violations) {
        Traits.Bounds bounds = attribute.traits().bounds();
        if (length < bounds.shortest()) {
            violations.accept("must have at least " + bounds.shortest() + " " + unit + ", not " + length);
        } else if (length > bounds.longest()) {
            violations.accept("must have at most " + bounds.longest() + " " + unit + ", not " + length);
        }
    }
}

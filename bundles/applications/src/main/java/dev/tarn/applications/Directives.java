// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import graphql.language.Argument;
import graphql.language.BooleanValue;
import graphql.language.Directive;
import graphql.language.DirectivesContainer;
import graphql.language.EnumValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.StringValue;
import graphql.language.Value;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The directives on one type or attribute. What is not known is refused, so that nothing that an application relies on is
 * passed over in silence. For one thread.
 */
final class Directives {

    private static final Set<String> ON_TYPES = Set.of("table", "export", "sealed");
    private static final Set<String> ON_ATTRIBUTES = Set.of(
            "primaryKey",
            "indexed",
            "payload",
            "relationship",
            "computed",
            "createdTime",
            "updatedTime",
            "expiresAt",
            "hidden",
            "default",
            "unique",
            "range",
            "length",
            "pattern");

    /** Every directive that means something. */
    static final Set<String> KNOWN;

    static {
        Set<String> known = new TreeSet<>(ON_TYPES);
        known.addAll(ON_ATTRIBUTES);
        KNOWN = Set.copyOf(known);
    }

    private final String file;
    private final Findings findings;
    private final Map<String, Directive> byName = new LinkedHashMap<>();

    private Directives(String file, Findings findings) {
        this.file = file;
        this.findings = findings;
    }

    /** Those of a type. */
    static Directives ofType(String file, DirectivesContainer<?> type, Findings findings) {
        return new Directives(file, findings).read(type, ON_TYPES, "a type");
    }

    /** Those of an attribute. */
    static Directives ofAttribute(String file, DirectivesContainer<?> attribute, Findings findings) {
        return new Directives(file, findings).read(attribute, ON_ATTRIBUTES, "an attribute");
    }

    private Directives read(DirectivesContainer<?> container, Set<String> allowed, String what) {
        for (Directive directive : container.getDirectives()) {
            String name = directive.getName();
            int line = Lines.of(directive);
            if (!allowed.contains(name)) {
                findings.refuse(
                        file,
                        line,
                        KNOWN.contains(name)
                                ? "@" + name + " does not belong on " + what
                                : "@" + name + " is not known" + Nearest.hint(name, new TreeSet<>(KNOWN)));
            } else if (byName.putIfAbsent(name, directive) != null) {
                findings.refuse(file, line, "@" + name + " is there twice");
            }
        }
        return this;
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    /** Where a directive is, or 0. */
    int line(String name) {
        Directive directive = byName.get(name);
        return directive == null ? 0 : Lines.of(directive);
    }

    /** Refuses arguments that the directive does not have. */
    void allow(String name, Collection<String> arguments) {
        Directive directive = byName.get(name);
        if (directive != null) {
            for (Argument argument : directive.getArguments()) {
                if (!arguments.contains(argument.getName())) {
                    findings.refuse(
                            file,
                            Lines.of(argument),
                            "@" + name
                                    + (arguments.isEmpty()
                                            ? " takes no arguments"
                                            : " has no '" + argument.getName() + "'"
                                                    + Nearest.hint(argument.getName(), arguments)));
                }
            }
        }
    }

    /** An argument's value, of whatever kind. */
    Optional<Value<?>> value(String name, String argument) {
        return argument(name, argument);
    }

    private Optional<Value<?>> argument(String name, String argument) {
        Directive directive = byName.get(name);
        Argument found = directive == null ? null : directive.getArgument(argument);
        return Optional.ofNullable(found).map(Argument::getValue);
    }

    boolean has(String name, String argument) {
        return argument(name, argument).isPresent();
    }

    /** Where an argument is. */
    int line(String name, String argument) {
        return argument(name, argument).map(Lines::of).orElse(line(name));
    }

    /** An argument's text, or null when it is not there or is no text. Names may stand without quotes, as Harper's do. */
    @Nullable
    String text(String name, String argument) {
        if (argument(name, argument).orElse(null) instanceof EnumValue word) {
            return word.getName();
        }
        return value(name, argument, StringValue.class, "text in double quotes")
                .map(StringValue::getValue)
                .orElse(null);
    }

    /** An argument that is true or false; this when it is not there. */
    boolean truth(String name, String argument, boolean otherwise) {
        return value(name, argument, BooleanValue.class, "true or false")
                .map(BooleanValue::isValue)
                .orElse(otherwise);
    }

    /** An argument that is a number, of whatever kind, or null. */
    @Nullable
    BigDecimal number(String name, String argument) {
        Optional<Value<?>> value = argument(name, argument);
        if (value.isEmpty()) {
            return null;
        } else if (value.get() instanceof IntValue whole) {
            return new BigDecimal(whole.getValue());
        } else if (value.get() instanceof FloatValue real) {
            return real.getValue();
        }
        findings.refuse(file, Lines.of(value.get()), "'" + argument + "' of @" + name + " must be a number");
        return null;
    }

    private <V extends Value<V>> Optional<V> value(String name, String argument, Class<V> type, String wanted) {
        Optional<Value<?>> value = argument(name, argument);
        if (value.isPresent() && !type.isInstance(value.get())) {
            findings.refuse(file, Lines.of(value.get()), "'" + argument + "' of @" + name + " must be " + wanted);
            return Optional.empty();
        }
        return value.map(type::cast);
    }
}

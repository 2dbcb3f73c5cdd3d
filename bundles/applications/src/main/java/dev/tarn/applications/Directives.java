// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import graphql.language.Argument;
import graphql.language.BooleanValue;
import graphql.language.Directive;
import graphql.language.DirectivesContainer;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.StringValue;
import graphql.language.Value;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The directives on one type or attribute. What this version does not do is refused with what to do instead, so that
 * nothing that an application relies on is passed over in silence. For one thread.
 */
final class Directives {

    private static final Set<String> ON_TYPES = Set.of("table", "export", "sealed");
    private static final Set<String> ON_ATTRIBUTES = Set.of("primaryKey", "indexed", "payload");

    /** Directives that Harper or a later version has, and what to do until then. */
    private static final Map<String, String> NOT_YET = Map.ofEntries(
            Map.entry("relationship", "keep the other row's id in an attribute and remove the relationship"),
            Map.entry("computed", "send the value with the row and remove @computed"),
            Map.entry("createdTime", "send the time with the row and remove @createdTime"),
            Map.entry("updatedTime", "send the time with the row and remove @updatedTime"),
            Map.entry("expiresAt", "use MQTT message expiry and remove @expiresAt"),
            Map.entry("hidden", "remove the attribute, or keep it in a table that is not exported"),
            Map.entry("default", "send the value with the row and remove @default"),
            Map.entry("unique", "make it the primary key, or remove @unique"),
            Map.entry("range", "check it where the value is made and remove @range"),
            Map.entry("length", "check it where the value is made and remove @length"),
            Map.entry("pattern", "check it where the value is made and remove @pattern"));

    /** Every directive that means something here or in Harper. */
    static final Set<String> KNOWN;

    static {
        Set<String> known = new TreeSet<>(ON_TYPES);
        known.addAll(ON_ATTRIBUTES);
        known.addAll(NOT_YET.keySet());
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
            if (NOT_YET.containsKey(name)) {
                findings.refuse(file, line, "@" + name + " is not supported yet: " + NOT_YET.get(name));
            } else if (!allowed.contains(name)) {
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

    /** An argument's text, or null when it is not there or is no text. */
    @Nullable
    String text(String name, String argument) {
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

    /** For an argument that later versions have. */
    void notYet(String name, Map<String, String> arguments) {
        for (Map.Entry<String, String> argument : arguments.entrySet()) {
            if (has(name, argument.getKey())) {
                findings.refuse(
                        file,
                        line(name, argument.getKey()),
                        "'" + argument.getKey() + "' of @" + name + " is not supported yet: " + argument.getValue());
            }
        }
    }

    /** Argument names of a map and a list, in order. */
    static List<String> names(List<String> first, Map<String, String> second) {
        List<String> names = new java.util.ArrayList<>(first);
        names.addAll(second.keySet());
        return names;
    }
}

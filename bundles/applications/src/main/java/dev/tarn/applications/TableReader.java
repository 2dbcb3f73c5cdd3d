// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Table;
import dev.tarn.applications.SchemaFile.Declared;
import graphql.language.FieldDefinition;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what the directives on a type say about its table; what is wrong goes to the findings. For one thread. */
final class TableReader {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,100}");

    private static final Pattern PERIOD = Pattern.compile("([1-9][0-9]{0,4})([dhms])");

    /** A hundred years. */
    private static final BigDecimal LONGEST_SECONDS =
            BigDecimal.valueOf(Duration.ofDays(36_500).toSeconds());

    /** How long Harper keeps an audit log. */
    private static final Duration AUDITED = Duration.ofDays(3);

    private static final List<String> ARGUMENTS = List.of(
            "table",
            "database",
            "audit",
            "expiration",
            "eviction",
            "scanInterval",
            "history",
            "durability",
            "replicate");

    private static final List<String> PROTOCOLS = List.of("rest", "mqtt", "ws", "sse", "amqp");
    /** By what @export calls a protocol: its name here. */
    private static final Map<String, String> PROTOCOL_NAMES =
            Map.of("rest", "rest", "mqtt", "mqtt", "ws", "websocket", "sse", "sse", "amqp", "amqp");

    private final Declared type;
    private final Directives directives;
    private final Findings findings;

    TableReader(Declared type, Directives directives, Findings findings) {
        this.type = type;
        this.directives = directives;
        this.findings = findings;
    }

    /** Refuses arguments that there are not, and what is the server's own. */
    void check() {
        directives.allow("table", ARGUMENTS);
        directives.allow("sealed", List.of());
        List<String> arguments = new ArrayList<>(PROTOCOLS);
        arguments.add("name");
        directives.allow("export", arguments);
        for (String argument : List.of("database", "table")) {
            String name = directives.text("table", argument);
            if (name != null && !NAME.matcher(name).matches()) {
                refuse(argument, "'" + argument + "' has 1 to 100 letters, digits, '_' and '-'");
            }
        }
        if (!directives.truth("table", "replicate", true)) {
            findings.warn(
                    type.file(),
                    directives.line("table", "replicate"),
                    "'replicate' is passed over: nothing is replicated");
        }
        if (database().equals(Table.SYSTEM)) {
            refuse("database", "database 'system' is the server's own; choose another");
        }
        String export = export();
        if (export != null && export.chars().anyMatch(c -> c == '/' || c == '+' || c == '#' || c < ' ')) {
            findings.refuse(
                    type.file(),
                    directives.line("export"),
                    "a name is one segment of a path, without '/', '+' and '#'");
        } else if (export != null && export.startsWith("$")) {
            findings.refuse(type.file(), directives.line("export"), "names that begin with '$' are the server's own");
        }
    }

    private void refuse(String argument, String text) {
        findings.refuse(type.file(), directives.line("table", argument), text);
    }

    String database() {
        String database = directives.text("table", "database");
        return database == null ? Table.DATA : database;
    }

    String name() {
        String name = directives.text("table", "table");
        return name == null ? type.name() : name;
    }

    /** Under which name it is exported; null when it is not. */
    @Nullable
    String export() {
        String name = directives.text("export", "name");
        return !directives.has("export") ? null : name == null ? type.name() : name;
    }

    Table.Rules rules() {
        return new Table.Rules(
                        false,
                        directives.has("sealed"),
                        Table.Rules.DECLARED.coerce(),
                        keeping(),
                        history(),
                        lifetime(),
                        payload(),
                        withheld())
                .audited(directives.truth("table", "audit", false));
    }

    private @Nullable String payload() {
        String payload = null;
        for (FieldDefinition field : type.fields()) {
            if (field.hasDirective("payload")) {
                if (payload != null) {
                    findings.refuse(type.file(), Lines.of(field), "only one attribute is the @payload");
                }
                payload = field.getName();
            }
        }
        return payload;
    }

    private Table.Keeping keeping() {
        String durability = directives.text("table", "durability");
        if (durability == null || durability.equals("sync")) {
            return Table.Keeping.LOGGED;
        }
        if (!durability.equals("async")) {
            refuse("durability", "'durability' is \"sync\" or \"async\"");
        }
        return Table.Keeping.ASYNC;
    }

    private Set<String> withheld() {
        Set<String> withheld = new HashSet<>();
        for (String protocol : PROTOCOLS) {
            if (!directives.truth("export", protocol, true)) {
                withheld.add(String.valueOf(PROTOCOL_NAMES.get(protocol)));
            }
        }
        return withheld;
    }

    private Table.Lifetime lifetime() {
        Duration expiration = seconds("expiration", false);
        Duration eviction = seconds("eviction", true);
        Duration scanInterval = seconds("scanInterval", true);
        return new Table.Lifetime(expiration, eviction, scanInterval);
    }

    private Duration seconds(String argument, boolean orNone) {
        BigDecimal seconds = directives.number("table", argument);
        if (seconds == null) {
            return Duration.ZERO;
        }
        boolean enough = orNone ? seconds.signum() >= 0 : seconds.signum() > 0;
        if (!enough || seconds.compareTo(LONGEST_SECONDS) > 0) {
            refuse(argument, "'" + argument + "' is a number of seconds" + (orNone ? ", 0 or more" : " above 0"));
            return Duration.ZERO;
        }
        return Duration.ofMillis(seconds.movePointRight(3).longValue());
    }

    /** What the log keeps of the table for replay: as {@code history} says, or three days of it for {@code audit}. */
    private Duration history() {
        boolean audited = directives.truth("table", "audit", false);
        String text = directives.text("table", "history");
        if (text == null) {
            return audited ? AUDITED : Duration.ZERO;
        }
        if (directives.has("table", "audit") && !audited) {
            refuse("audit", "'audit: false' keeps no log of changes, and 'history' does");
        }
        Matcher matcher = PERIOD.matcher(text);
        if (!matcher.matches()) {
            refuse(
                    "history",
                    "'history' is a number of days, hours, minutes or seconds, such as \"7d\", \"12h\", \"30m\", \"45s\"");
            return Duration.ZERO;
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "d" -> Duration.ofDays(count);
            case "h" -> Duration.ofHours(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofSeconds(count);
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.PacketCorpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Keeps CONFORMANCE.md true to the code, and complete. */
class ConformanceTest {

    private static final Pattern ROW = Pattern.compile(
            "\\| \\[(MQTT-[-0-9.]+)] \\| `(\\w+)\\.(\\w+)` \\| `(\\w+)(?:\\.(\\w+)`|` \"([^\"]+)\") \\|");
    private static final Pattern CITED = Pattern.compile("\\[(MQTT-[-0-9.]+)](?: to\\s+(?:\\* )?\\[(MQTT-[-0-9.]+)])?");
    private static final Pattern SECTION = Pattern.compile("([0-9.]+) (?:(\\d+)-)?(\\d+)");
    private static final Path MAIN = Path.of("src/main/java/dev/tarn/mqtt");

    /** Where what is obeyed is written, the most of it here. */
    private static final List<Path> SOURCES = List.of(
            MAIN,
            Path.of("../websocket/src/main/java/dev/tarn/websocket"),
            Path.of("../../bundles/engine/src/main/java/dev/tarn/engine"),
            Path.of("../../bundles/api/src/main/java/dev/tarn/api/data"));

    private static final List<Path> TESTS =
            List.of(Path.of("src/test/java/dev/tarn/mqtt"), Path.of("../websocket/src/test/java/dev/tarn/websocket"));

    private record Statement(
            String id,
            String type,
            String member,
            String test,
            @Nullable String method,
            @Nullable String packet) {}

    private static List<Statement> statements() throws IOException {
        List<Statement> statements = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("CONFORMANCE.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                statements.add(new Statement(
                        row.group(1), row.group(2), row.group(3), row.group(4), row.group(5), row.group(6)));
            } else {
                assertThat(line).as("a row of another form").doesNotStartWith("| [");
            }
        }
        assertThat(statements).hasSizeGreaterThan(350);
        return statements;
    }

    private static String source(List<Path> folders, String type) throws IOException {
        for (Path folder : folders) {
            Path file = folder.resolve(type + ".java");
            if (Files.exists(file)) {
                return Files.readString(file);
            }
        }
        throw new AssertionError("there is no " + type);
    }

    /** All methods and constructors of this name, each with the comment before it. */
    private static String member(String source, String name) {
        String[] lines = source.split("\n", -1);
        Pattern declared = Pattern.compile("( {4}| {8})(?:[^ =;*/}][^=;]* )?" + name + "\\(.*");
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < lines.length; i++) {
            Matcher line = declared.matcher(lines[i]);
            if (line.matches() && !lines[i].endsWith(";")) {
                int from = i;
                while (!lines[from - 1].isBlank()) {
                    from--;
                }
                int to = i;
                while (!lines[to].equals(line.group(1) + "}") && !lines[to].isBlank()) {
                    to++;
                }
                // A body may have blank lines of its own.
                while (lines[i].endsWith("{") && !lines[to].equals(line.group(1) + "}")) {
                    to++;
                }
                found.append(String.join("\n", List.of(lines).subList(from, to + 1)));
            }
        }
        return found.toString();
    }

    private static Set<String> cited(String text) {
        Set<String> cited = new HashSet<>();
        CITED.matcher(text).results().forEach(range -> {
            cited.add(range.group(1));
            if (range.group(2) != null) {
                int dash = range.group(1).lastIndexOf('-') + 1;
                int last = Integer.parseInt(range.group(2).substring(dash));
                for (int i = Integer.parseInt(range.group(1).substring(dash)); i <= last; i++) {
                    cited.add(range.group(1).substring(0, dash) + i);
                }
            }
        });
        return cited;
    }

    @Test
    void every_statement_is_named_in_the_method_that_obeys_it() throws IOException {
        List<String> missing = new ArrayList<>();
        for (Statement statement : statements()) {
            String member = member(source(SOURCES, statement.type()), statement.member());
            if (!cited(member).contains(statement.id())) {
                missing.add(statement.id() + " in " + statement.type() + "." + statement.member());
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void every_statement_has_a_test_that_exists() throws IOException {
        Set<String> packets =
                PacketCorpus.cases().stream().map(PacketCorpus.Case::name).collect(Collectors.toSet());
        for (Statement statement : statements()) {
            String test = source(TESTS, statement.test());
            if (statement.method() != null) {
                assertThat(test).as(statement.id()).contains("void " + statement.method() + "(");
            } else {
                assertThat(statement.test()).isEqualTo("CorpusOnTheWireTest");
                assertThat(packets).as(statement.id()).contains(statement.packet());
            }
        }
    }

    @Test
    void every_statement_that_the_code_names_is_listed() throws IOException {
        Set<String> cited = new HashSet<>();
        try (Stream<Path> files = Files.list(MAIN)) {
            for (Path file : files.toList()) {
                cited.addAll(cited(Files.readString(file)));
            }
        }
        Set<String> listed = new HashSet<>();
        statements().forEach(statement -> listed.add(statement.id()));
        assertThat(listed).containsAll(cited);
    }

    /** What the appendices have, by specification. */
    private static Map<String, Set<String>> appendices() throws IOException {
        Map<String, Set<String>> appendices = new LinkedHashMap<>();
        Set<String> current = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("src/test/resources/statements.txt"))) {
            if (line.startsWith("//")) {
                continue;
            }
            if (line.indexOf(' ') < 0) {
                current = new TreeSet<>();
                appendices.put(line, current);
            }
            for (String entry : line.split(", ")) {
                Matcher section = SECTION.matcher(entry);
                if (section.matches()) {
                    int from = section.group(2) == null ? 1 : Integer.parseInt(section.group(2));
                    for (int i = from; i <= Integer.parseInt(section.group(3)); i++) {
                        current.add("MQTT-" + section.group(1) + "-" + i);
                    }
                }
            }
        }
        assertThat(appendices).containsOnlyKeys("5.0", "3.1.1");
        return appendices;
    }

    @Test
    void the_statements_are_those_of_the_specifications_each_once() throws IOException {
        String[] parts = Files.readString(Path.of("CONFORMANCE.md")).split("\n## ");
        for (Map.Entry<String, Set<String>> appendix : appendices().entrySet()) {
            String part = Stream.of(parts)
                    .filter(each -> each.startsWith(appendix.getKey() + "\n"))
                    .findFirst()
                    .orElseThrow();
            // One is spelled so in the specification, which is explained.
            String listed =
                    part.replace("[MQTT-3-8.3-4] is spelled so", "").replace("[MQTT-3-8.3-4]", "[MQTT-3.8.3-4]");
            List<String> ids =
                    CITED.matcher(listed).results().map(found -> found.group(1)).toList();
            assertThat(ids).as(appendix.getKey()).containsExactlyInAnyOrderElementsOf(appendix.getValue());
        }
    }

    @Test
    void nothing_is_obeyed_by_halves() throws IOException {
        assertThat(Files.readString(Path.of("CONFORMANCE.md")).toLowerCase(Locale.ROOT))
                .doesNotContain("partly", "partial", "not yet", "todo");
    }
}

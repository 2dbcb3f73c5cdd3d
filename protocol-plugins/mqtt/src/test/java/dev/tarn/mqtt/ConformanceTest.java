// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps CONFORMANCE.md true to the code. */
class ConformanceTest {

    private static final Pattern ROW =
            Pattern.compile("\\| \\[(MQTT-[-0-9.]+)] \\| `(\\w+)` \\| `(\\w+)\\.(\\w+)` \\|");
    private static final Pattern CITED = Pattern.compile("\\[(MQTT-[-0-9.]+)]");
    private static final Path SOURCES = Path.of("src/main/java/dev/tarn/mqtt");

    private record Statement(String id, String obeyedBy, String test, String method) {}

    private static List<Statement> statements() throws IOException {
        List<Statement> statements = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("CONFORMANCE.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                statements.add(new Statement(row.group(1), row.group(2), row.group(3), row.group(4)));
            } else {
                assertThat(line).as("a row of another form").doesNotStartWith("| [");
            }
        }
        return statements;
    }

    @Test
    void every_statement_has_a_class_that_obeys_it() throws IOException {
        assertThat(statements())
                .hasSizeGreaterThan(350)
                .allSatisfy(statement -> assertThat(SOURCES.resolve(statement.obeyedBy() + ".java"))
                        .exists());
    }

    @Test
    void every_statement_has_a_test_that_exists() throws IOException {
        for (Statement statement : statements()) {
            assertThat(source(statement.test())).as(statement.id()).contains(" " + statement.method() + "(");
        }
    }

    /** The source of a test of this bundle, or of the one that carries it over WebSocket. */
    private static String source(String test) throws IOException {
        for (String module : List.of("mqtt", "websocket")) {
            Path file = Path.of("..", module, "src/test/java/dev/tarn", module, test + ".java");
            if (Files.exists(file)) {
                return Files.readString(file);
            }
        }
        throw new AssertionError("there is no test " + test);
    }

    @Test
    void every_statement_that_the_code_names_is_listed() throws IOException {
        Set<String> listed = new HashSet<>();
        statements().forEach(statement -> listed.add(statement.id()));
        Set<String> cited = new HashSet<>();
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.toList()) {
                CITED.matcher(Files.readString(file)).results().forEach(found -> cited.add(found.group(1)));
            }
        }
        assertThat(cited).isNotEmpty();
        assertThat(listed).containsAll(cited);
    }

    @Test
    void no_statement_is_listed_twice_or_left_out() throws IOException {
        String[] specifications = Files.readString(Path.of("CONFORMANCE.md")).split("## 3.1.1", 2);
        assertThat(specifications).hasSize(2);
        for (String specification : specifications) {
            Map<String, Set<Integer>> sections = new TreeMap<>();
            CITED.matcher(specification).results().map(found -> found.group(1)).forEach(id -> {
                int last = id.lastIndexOf('-');
                String section = id.substring(0, last).replace("MQTT-3-8.3", "MQTT-3.8.3");
                int number = Integer.parseInt(id.substring(last + 1));
                boolean fresh = sections.computeIfAbsent(section, any -> new TreeSet<>())
                        .add(number);
                // The one of another spelling is explained.
                assertThat(fresh || id.equals("MQTT-3-8.3-4")).as(id).isTrue();
            });
            // The specifications count their statements section by section.
            sections.forEach((section, numbers) -> assertThat(numbers)
                    .as(section)
                    .containsExactlyElementsOf(
                            IntStream.rangeClosed(1, numbers.size()).boxed().toList()));
            assertThat(sections).hasSizeGreaterThan(35);
        }
    }

    @Test
    void nothing_is_obeyed_by_halves() throws IOException {
        assertThat(Files.readString(Path.of("CONFORMANCE.md")).toLowerCase(java.util.Locale.ROOT))
                .doesNotContain("partly", "partial", "not yet", "todo");
    }
}

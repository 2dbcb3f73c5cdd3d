// SPDX-License-Identifier: Apache-2.0
package dev.tarn.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarn.docs.Page.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tries the pages. Blocks of language {@code sh} are run in order, on one node a page; a block of {@code json} or
 * {@code text} right after one is what it prints, where {@code …} stands for anything. Blocks of {@code graphql} and
 * {@code yaml} are the node's application; without {@code graphql} it is the getting-started example, and {@code yaml} is
 * the node's configuration. Blocks of {@code java} and {@code xml} are files of the examples.
 */
class PagesTest {

    private static final Path PAGES = Path.of(System.getProperty("tarn.pages")).normalize();
    private static final Path EXAMPLE =
            PAGES.resolve("../examples/getting-started").normalize();
    private static final String BEGIN = "<!-- keys -->\n";
    private static final String END = "<!-- end of keys -->\n";

    static Stream<Page> pages() throws IOException {
        List<Page> pages = new ArrayList<>();
        try (Stream<Path> files = Files.list(PAGES)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList()) {
                pages.add(Page.read(file));
            }
        }
        pages.add(Page.read(EXAMPLE.resolve("README.md")));
        return pages.stream();
    }

    private static boolean installed(String command) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void every_link_leads_to_a_file(Page page) {
        for (String link : page.links()) {
            assertThat(page.file().resolveSibling(link).normalize()).as(link).exists();
        }
    }

    /** Two pages at a time: a page waits for its node and for clients to start more than it does anything. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @MethodSource("pages")
    void what_a_page_shows_is_what_happens(Page page, @TempDir Path directory) throws Exception {
        if (!page.has("sh") && !page.has("graphql")) {
            return;
        }
        for (String tool : List.of("curl", "mosquitto_pub")) {
            assumeTrue(!page.all("sh").contains(tool) || installed(tool), tool + " is not installed");
        }
        Path application = EXAMPLE;
        if (page.has("graphql")) {
            application = Files.createDirectories(directory.resolve("my-app"));
            Files.writeString(application.resolve("schema.graphql"), page.all("graphql"));
            if (page.has("yaml")) {
                Files.writeString(application.resolve("config.yaml"), page.all("yaml"));
            }
            if (page.has("js")) {
                Files.writeString(application.resolve("resources.js"), page.all("js"));
            }
            Files.createDirectories(application.resolve("web"));
            Files.writeString(application.resolve("web/index.html"), "<!doctype html>");
        }
        String configuration = page.has("graphql") ? "" : page.all("yaml");
        try (Server server = new Server(directory, application, configuration)) {
            assertThat(server.said())
                    .contains("application=" + application.getFileName() + " deployed")
                    .doesNotContain("not deployed");
            String printed = "";
            for (Block block : page.blocks()) {
                if (block.language().equals("sh")) {
                    printed = server.run(block.text());
                } else if (block.after() && block.language().equals("json")) {
                    ObjectMapper json = new ObjectMapper();
                    assertThat(json.readTree(printed))
                            .as(page + ":" + block.line())
                            .isEqualTo(json.readTree(block.text()));
                } else if (block.after() && block.language().equals("text")) {
                    assertThat(printed.replace("\r", "").strip())
                            .as(page + ":" + block.line())
                            .matches(pattern(block.text()));
                }
            }
        }
    }

    private static Pattern pattern(String text) {
        String regex =
                Arrays.stream(text.strip().split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        return Pattern.compile(regex, Pattern.DOTALL);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void code_on_a_page_is_code_that_is_compiled(Page page) throws IOException {
        List<String> sources = sources();
        for (Block block : page.blocks()) {
            if (block.language().equals("java") || block.language().equals("xml")) {
                assertThat(sources).as(page + ":" + block.line()).contains(block.text());
            }
        }
    }

    /** Files of the examples, and of the clients that the built image is tried with, without what only this repository asks of them: its licence line, the way to the parent. */
    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>();
        for (Path example : List.of(
                EXAMPLE.resolveSibling("echo"),
                EXAMPLE.resolveSibling("sensor-alert"),
                PAGES.resolveSibling("itest/src/test/java/com/example"))) {
            try (Stream<Path> files = Files.walk(example)) {
                for (Path file : files.filter(file -> file.toString().matches("[^.]*(/src/.*\\.java|/pom\\.xml)"))
                        .toList()) {
                    sources.add(Files.readString(file)
                            .replaceFirst("^// SPDX.*\n", "")
                            .replaceFirst(" *<relativePath>.*\n", ""));
                }
            }
        }
        assertThat(sources).isNotEmpty();
        return sources;
    }

    @Test
    void the_table_of_keys_is_that_of_the_built_image() throws Exception {
        Path file = PAGES.resolve("configuration.md");
        String page = Files.readString(file);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        String table = keys();
        if (Boolean.getBoolean("tarn.pages.write")) {
            Files.writeString(file, page.substring(0, begin) + table + page.substring(end));
            return;
        }
        assertThat(page.substring(begin, end).lines().toList())
                .as("renew the table: mvn verify -pl distro/docs -am -Dtest=PagesTest -Dtarn.pages.write=true"
                        + " -Dsurefire.failIfNoSpecifiedTests=false")
                .containsExactlyElementsOf(table.lines().toList());
    }

    /** What {@code tarn keys} prints, as a table. */
    private static String keys() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Server.IMAGE.resolve("bin/tarn").toString(), "keys")
                .redirectErrorStream(true)
                .start();
        List<String> lines = process.inputReader().lines().toList();
        assertThat(process.waitFor()).as(lines.toString()).isZero();
        int value = lines.stream().mapToInt(PagesTest::secondColumn).min().orElseThrow();
        StringBuilder table = new StringBuilder("| key | default | what |\n|---|---|---|\n");
        for (String line : lines) {
            String key = line.substring(0, line.indexOf(' '));
            boolean hasDefault = line.charAt(value) != ' ';
            String[] rest = line.substring(value).strip().split(" {2,}", 2);
            table.append("| `").append(key).append("` | ");
            table.append(hasDefault ? "`" + rest[0] + "` | " + rest[1] : "| " + String.join(" ", rest));
            table.append(" |\n");
        }
        return table.toString();
    }

    private static int secondColumn(String line) {
        int at = line.indexOf(' ');
        while (line.charAt(at) == ' ') {
            at++;
        }
        return at;
    }
}

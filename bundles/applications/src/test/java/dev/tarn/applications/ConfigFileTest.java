// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.applications.Settings.Pages;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigFileTest {

    private final Findings findings = new Findings();

    private Settings read(String text) {
        return ConfigFile.read("shop", text, findings, Set.of());
    }

    private static Pages pages(Settings settings) {
        return Objects.requireNonNull(settings.pages());
    }

    @Test
    void a_file_as_harper_writes_it_is_understood() {
        Settings settings = read("""
                # what an application says
                rest: true
                graphqlSchema:
                  files: '*.graphql'
                static:
                  files: 'web/**'
                  urlPath: app
                  index: false
                  extensions: ['html']
                """);

        assertThat(findings.errors()).isEmpty();
        assertThat(findings.warnings()).isEmpty();
        assertThat(settings.schemas())
                .extracting(at -> at.glob().toString(), at -> at.line())
                .containsExactly(org.assertj.core.groups.Tuple.tuple("*.graphql", 4));
        assertThat(pages(settings).prefix()).isEqualTo("/app/");
        assertThat(pages(settings).index()).isFalse();
        assertThat(pages(settings).extensions()).containsExactly("html");
    }

    @Test
    void a_path_that_begins_with_a_dot_is_under_the_application() {
        assertThat(pages(read("static: { files: 'web/**', urlPath: './pages' }"))
                        .prefix())
                .isEqualTo("/shop/pages/");
    }

    @Test
    void a_root_is_put_before_the_files() {
        assertThat(pages(read("static:\n  root: web\n  files: '*.html'\n")).files())
                .extracting(at -> at.glob().toString())
                .containsExactly("web/*.html");
    }

    @Test
    void several_patterns_are_a_list() {
        assertThat(read("graphqlSchema:\n  files:\n    - a.graphql\n    - b/*.graphql\n")
                        .schemas())
                .hasSize(2);
    }

    @Test
    void what_needs_another_bundle_is_a_warning_with_its_line() {
        read(
                "graphqlSchema:\n  files: a.graphql\njsResource:\n  files: resources.js\n'@harperdb/nextjs':\n  package: '@harperdb/nextjs'\n");

        assertThat(findings.errors()).isEmpty();
        assertThat(findings.warnings())
                .extracting(Object::toString)
                .containsExactly(
                        "config.yaml:3: 'jsResource' is passed over: JavaScript resources need the scripting bundle",
                        "config.yaml:5: '@harperdb/nextjs' is passed over: npm packages are not loaded");
    }

    @Test
    void an_unknown_key_is_an_error_that_names_the_nearest() {
        read("graphqlSchemas:\n  files: a.graphql\nstatic:\n  file: web\n");

        assertThat(findings.errors())
                .extracting(Object::toString)
                .containsExactly(
                        "config.yaml:1: 'graphqlSchemas' is not known; did you mean 'graphqlSchema'?",
                        "config.yaml:4: 'file' is not known in static; did you mean 'files'?");
    }

    @Test
    void broken_yaml_is_told_with_its_line() {
        read("rest: true\nstatic: [\n");

        assertThat(findings.errors())
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString()).startsWith("config.yaml:3: not YAML: "));
    }

    @Test
    void a_tag_of_java_and_a_bomb_of_aliases_do_no_harm() {
        read("static: !!javax.script.ScriptEngineManager [ 1 ]\n");
        assertThat(findings.errors()).isNotEmpty();

        Findings second = new Findings();
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(9)));
        }
        ConfigFile.read("shop", bomb.toString(), second, Set.of());
        assertThat(second.errors())
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("aliases"));
    }

    @Test
    void nesting_without_end_is_refused() {
        read("static: " + "[".repeat(100_000));

        assertThat(findings.errors()).isNotEmpty();
    }

    @Test
    void a_pattern_out_of_the_folder_is_refused() {
        read("static:\n  files: ../../etc/**\n");

        assertThat(findings.errors())
                .singleElement()
                .satisfies(
                        finding -> assertThat(finding.toString()).startsWith("config.yaml:2: '../../etc/**' leaves"));
    }

    @Test
    void an_empty_file_is_the_default() {
        assertThat(read("# nothing\n")).isEqualTo(Settings.DEFAULT);
    }
}

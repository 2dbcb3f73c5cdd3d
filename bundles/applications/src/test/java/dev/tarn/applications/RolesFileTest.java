// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Roles as Harper writes them. */
class RolesFileTest {

    private final Findings findings = new Findings();

    private List<Map<String, Object>> read(String text) {
        return RolesFile.read("roles.yaml", text, findings);
    }

    /** The example of Harper's documentation. */
    @Test
    void a_role_of_harper_is_one_of_ours() {
        List<Map<String, Object>> roles = read("""
                declared-role:
                  super_user: false
                  data:
                    TableOne:
                      read: true
                      insert: true
                    TableTwo:
                      read: true
                      insert: false
                      update: true
                      delete: true
                      attributes:
                        name:
                          read: true
                          insert: false
                          update: true
                """);
        assertThat(findings.errors()).isEmpty();
        assertThat(roles)
                .containsExactly(Map.of(
                        "name",
                        "declared-role",
                        "administrator",
                        false,
                        "tables",
                        List.of(
                                Map.of("table", "data.TableOne", "read", true, "insert", true),
                                Map.of(
                                        "table",
                                        "data.TableTwo",
                                        "read",
                                        List.of("name"),
                                        "insert",
                                        false,
                                        "update",
                                        List.of("name"),
                                        "delete",
                                        true))));
    }

    @Test
    void an_attribute_gives_nothing_that_its_table_does_not() {
        List<Map<String, Object>> roles =
                read("r:\n  data:\n    T:\n      read: false\n      attributes:\n        a:\n          read: true\n");
        assertThat(roles.get(0).get("tables")).isEqualTo(List.of(Map.of("table", "data.T", "read", false)));
    }

    @Test
    void an_empty_list_of_attributes_leaves_none() {
        List<Map<String, Object>> roles = read("r:\n  data:\n    T:\n      read: true\n      attributes: {}\n");
        assertThat(roles.get(0).get("tables")).isEqualTo(List.of(Map.of("table", "data.T", "read", List.of())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "r: 1 | roles.yaml:1: expected 'key: value' lines",
                "[r] | roles.yaml:1: expected 'key: value' lines",
                "r: {super_user: maybe} | roles.yaml:1: 'super_user' must be true or false",
                "r: {data: {T: {raed: true}}} | roles.yaml:1: 'raed' is not known of a table",
                "r: {data: {T: {attributes: {a: {write: true}}}}} | roles.yaml:1: 'write' is not known of an attribute",
                "'r: {' | roles.yaml:1: not YAML",
                "!!javax.script.ScriptEngineManager [] | roles.yaml:1: expected",
                "{r: &a {data: *a}} | roles.yaml"
            })
    void what_is_wrong_has_its_line(String text, String finding) {
        read(text);
        assertThat(findings.errors()).isNotEmpty();
        assertThat(findings.errors().get(0).toString()).startsWith(finding);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Request;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts reach other tables with the rights of who calls them, unless their application says otherwise. */
class CallersTest {

    private static final Table ROLES = new Table(
            "system", "roles", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    private static final String RESOURCES = """
            import { tables, Resource } from 'harperdb';
            export class Peek extends Resource {
              static loadAsInstance = false;
              async get(target) { return (await tables.Other.get(target.id)) ?? { none: true }; }
              async put(target, data) { await tables.Other.put(target.id, data); return { done: true }; }
            }
            export class All extends Resource {
              static loadAsInstance = false;
              async get() {
                const ids = [];
                for await (const row of tables.Other.search({})) ids.push(row.id + (row.secret ?? ''));
                return ids;
              }
            }
            export class Judged extends tables.Note {
              async allowRead() { return (await tables.Other.get('2')).secret === 'y'; }
            }
            """;

    private static House callers;
    private static House own;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        callers = house(directory.resolve("callers"), Map.of("files", "resources.js"));
        own = house(directory.resolve("own"), Map.of("files", "resources.js", "rights", "application"));
    }

    private static House house(Path directory, Map<String, ?> scripts) throws IOException {
        Files.createDirectory(directory);
        House house = new House(directory)
                .tables(
                        House.table("Note", "Note", Attribute.of("name", Attribute.Type.STRING)),
                        House.table(
                                "Other",
                                null,
                                Attribute.of("owner", Attribute.Type.STRING),
                                Attribute.of("secret", Attribute.Type.STRING)))
                .deploy(Map.of("resources.js", RESOURCES), Map.of("jsResource", scripts));
        Body role = house.node().json("""
                        {"name":"reader","tables":[
                          {"table":"Other","read":["owner"],"rows":"owner=%u"},
                          {"table":"Note","read":true},{"table":"Judged","read":true},
                          {"table":"All","read":true},
                          {"table":"Peek","read":true,"insert":true,"update":true}]}""");
        commit(house, Draft.put(ROLES, ROLES.path("reader"), role, Attributes.NONE, Expectation.ANYTHING));
        Table other = house.node().services().tables().all().stream()
                .filter(table -> table.name().equals("Other"))
                .findFirst()
                .orElseThrow();
        for (String row : new String[] {
            "{\"id\":\"1\",\"owner\":\"ada\",\"secret\":\"x\"}", "{\"id\":\"2\",\"owner\":\"bob\",\"secret\":\"y\"}"
        }) {
            Body body = house.node().json(row);
            String id = String.valueOf(((Map<?, ?>) body.value()).get("id"));
            commit(house, Draft.put(other, other.path(id), body, Attributes.NONE, Expectation.ANYTHING));
        }
        house.node().put("Note/kept", "{\"name\":\"kept\"}");
        return house;
    }

    private static void commit(House house, Draft draft) {
        Node.await(house.node().services().store().commit(Write.of(draft)));
    }

    @AfterAll
    static void stop() {
        callers.close();
        own.close();
    }

    /** What ada is answered: its text, or the code of the refusal. */
    private static String ada(House house, Action action, String path, @Nullable String json) {
        Context ada = house.node()
                .services()
                .resources()
                .context(new User("ada", Set.of("reader"), false), "test", "ada", null);
        Body body = json == null ? null : house.node().json(json);
        Request request = Request.of(action, dev.tarn.api.data.Path.of(path), body, Terms.NONE);
        try {
            Answer answer = Node.await(house.node().services().resources().call(ada, request))
                    .answer();
            return answer.said() instanceof Answer.Value value
                    ? text(value.body())
                    : answer.said() instanceof Answer.Stored stored
                            ? text(stored.row().body())
                            : String.valueOf(answer.said());
        } catch (Failure refused) {
            return refused.code().name();
        }
    }

    private static String text(Body body) {
        return new String(body.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8);
    }

    @Test
    void rows_and_attributes_that_the_caller_may_not_see_are_not_there() {
        assertThat(ada(callers, Action.GET, "Peek/1", null)).contains("ada").doesNotContain("secret");
        assertThat(ada(callers, Action.GET, "Peek/2", null)).isEqualTo("{\"none\":true}");
        assertThat(ada(callers, Action.GET, "All/x", null)).isEqualTo("[\"1\"]");
    }

    @Test
    void what_the_caller_may_not_write_is_refused() {
        assertThat(ada(callers, Action.PUT, "Peek/1", "{\"owner\":\"ada\"}")).isEqualTo("FORBIDDEN");
        assertThat(ada(callers, Action.PUT, "Peek/3", "{\"owner\":\"ada\"}")).isEqualTo("FORBIDDEN");
    }

    @Test
    void who_decides_sees_everything() {
        assertThat(ada(callers, Action.GET, "Judged/kept", null)).contains("kept");
    }

    @Test
    void an_application_with_rights_of_its_own_shows_what_it_likes() {
        assertThat(ada(own, Action.GET, "Peek/1", null)).contains("\"secret\":\"x\"");
        assertThat(ada(own, Action.GET, "All/x", null)).isEqualTo("[\"1x\",\"2y\"]");
        assertThat(ada(own, Action.PUT, "Peek/1", "{\"owner\":\"ada\",\"secret\":\"x\"}"))
                .doesNotContain("FORBIDDEN");
    }

    @Test
    void other_words_for_rights_are_refused() {
        Map<String, Object> wrong = Map.of("jsResource", Map.of("files", "resources.js", "rights", "all"));
        Failure refused = (Failure) catchThrowable(() -> callers.deploy(Map.of("resources.js", RESOURCES), wrong));
        assertThat(refused.reason() + refused.violations()).contains("rights");
    }
}

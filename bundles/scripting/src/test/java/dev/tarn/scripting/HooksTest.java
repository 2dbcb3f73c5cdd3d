// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.testkit.MqttClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** allowRead and its like: nothing but true lets anybody do anything. */
class HooksTest {

    /** Bodies of a hook, each of which must deny, whatever is asked for. */
    private static final Map<String, String> DENYING = new LinkedHashMap<>();

    static {
        DENYING.put("Throws", "throw new Error('broken');");
        DENYING.put("ThrowsNothing", "throw undefined;");
        DENYING.put("Nothing", "");
        DENYING.put("Null", "return null;");
        DENYING.put("One", "return 1;");
        DENYING.put("Word", "return 'true';");
        DENYING.put("Thing", "return {};");
        DENYING.put("Boxed", "return new Boolean(true);");
        DENYING.put("Rejects", "return Promise.reject(new Error('no'));");
        DENYING.put("ResolvesToOne", "return Promise.resolve(1);");
        DENYING.put("NeverSettles", "return new Promise(() => {});");
        DENYING.put("LooksLikeAPromise", "return { then() {} };");
        DENYING.put("ThenableThatThrows", "return { then() { throw new Error('no'); } };");
        DENYING.put("Loops", "while (true) {}");
        DENYING.put("Recurses", "return this.allowRead(user);");
    }

    /** One request, and the hook that is asked about it. */
    private record Verb(String hook, String method, String rest, String json) {}

    private static final Map<String, Verb> VERBS = new LinkedHashMap<>();

    static {
        VERBS.put("get", new Verb("allowRead", "GET", "/kept", ""));
        VERBS.put("list", new Verb("allowRead", "GET", "/", ""));
        VERBS.put("query", new Verb("allowRead", "GET", "/?name=kept", ""));
        VERBS.put("put", new Verb("allowUpdate", "PUT", "/kept", "{\"name\":\"changed\"}"));
        VERBS.put("insert", new Verb("allowCreate", "PUT", "/fresh", "{\"name\":\"fresh\"}"));
        VERBS.put("patch", new Verb("allowUpdate", "PATCH", "/kept", "{\"name\":\"changed\"}"));
        VERBS.put("post", new Verb("allowCreate", "POST", "/", "{\"name\":\"fresh\"}"));
        VERBS.put("delete", new Verb("allowDelete", "DELETE", "/kept", ""));
    }

    private static House house;
    private static House impatient;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        StringBuilder resources = new StringBuilder("import { tables } from 'harperdb';\n");
        for (Map.Entry<String, String> each : DENYING.entrySet()) {
            for (String hook : new String[] {"allowRead", "allowUpdate", "allowCreate", "allowDelete"}) {
                resources
                        .append("export class ")
                        .append(each.getKey())
                        .append(hook)
                        .append(" extends tables.Note { ")
                        .append(hook)
                        .append("(user) { ")
                        .append(each.getValue())
                        .append(" } }\n");
            }
        }
        resources.append("""
                export class Field extends tables.Note { allowRead = () => false; }
                export class FieldOfNothing extends tables.Note { allowRead = false; }
                export class Static extends tables.Note { static allowRead() { return false; } }
                export class Child extends Throws { }
                export class Yes extends tables.Note {
                  allowRead() { return true; }
                  allowUpdate() { return Promise.resolve(true); }
                  async allowCreate() { return true; }
                  allowDelete() { return true; }
                }
                export class Shut extends tables.Shut { allowRead(user) { return false; } }
                """.replace("Throws", "ThrowsallowRead"));
        house = house(directory.resolve("patient"), Map.of(), resources.toString());
        // Whoever is too slow here is denied, too, however slow the machine is.
        impatient = house(
                directory.resolve("impatient"),
                Map.of("answer", "400ms", "time", "200ms", "copies", 2),
                resources.toString());
    }

    private static House house(Path directory, Map<String, ?> configuration, String resources) throws IOException {
        Files.createDirectory(directory);
        return new House(directory, configuration)
                .tables(
                        House.table("Note", "Note", Attribute.of("name", Attribute.Type.STRING)),
                        House.table("Shut", "Shut", Attribute.of("name", Attribute.Type.STRING)))
                .deploy(resources);
    }

    @AfterAll
    static void stop() {
        house.close();
        impatient.close();
    }

    @TestFactory
    Stream<DynamicTest> whatever_a_hook_does_but_say_true_denies() {
        return DENYING.keySet().stream()
                .flatMap(name -> VERBS.entrySet().stream()
                        // Who is ended takes the copy of the scripts along, which takes a while.
                        .filter(verb ->
                                !name.equals("Loops") || Set.of("get", "delete").contains(verb.getKey()))
                        .map(verb -> DynamicTest.dynamicTest(
                                name + " " + verb.getKey(), () -> assertDenied(name, verb.getValue()))));
    }

    private static void assertDenied(String name, Verb verb) throws Exception {
        impatient.node().put("Note/kept", "{\"name\":\"kept\"}");
        String path = "/" + name + verb.hook();
        House.Answer answer = impatient.http(verb.method(), path + verb.rest(), verb.json());
        assertThat(answer.status()).as(answer.body()).isBetween(400, 599);
        assertThat(answer.body()).doesNotContain("\"name\":\"kept\"");
        assertThat(impatient.node().text("Note/kept")).contains("\"kept\"");
        assertThat(impatient.node().text("Note/fresh")).isEqualTo("absent");
    }

    @Test
    void hooks_in_other_places_are_asked_as_well() throws Exception {
        house.node().put("Note/kept", "{\"name\":\"kept\"}");
        for (String name : new String[] {"Field", "FieldOfNothing", "Static", "Child"}) {
            assertThat(house.get("/" + name + "/kept").status()).as(name).isGreaterThanOrEqualTo(400);
        }
    }

    @Test
    void true_lets_through() throws Exception {
        house.node().put("Note/kept", "{\"name\":\"kept\"}");
        assertThat(house.get("/Yes/kept").status()).isEqualTo(200);
        assertThat(house.http("PATCH", "/Yes/kept", "{\"name\":\"next\"}").status())
                .isEqualTo(204);
        assertThat(house.http("POST", "/Yes/", "{\"id\":\"made\",\"name\":\"made\"}")
                        .status())
                .isIn(200, 201);
        assertThat(house.http("DELETE", "/Yes/made", "").status()).isIn(200, 204);
        assertThat(house.node().text("Note/kept")).contains("next");
    }

    @Test
    void subscriptions_ask_whoever_guards_what_they_cover() throws Exception {
        house.node().put("Shut/kept", "{\"name\":\"kept\"}");
        try (MqttClient client = MqttClient.five(house.node().port("mqtt"), "hooked")) {
            for (String filter : new String[] {"Shut/kept", "Shut/#", "shut/+"}) {
                assertThat(client.subscribe(filter, 1)).as(filter).isGreaterThanOrEqualTo(0x80);
            }
        }
    }
}

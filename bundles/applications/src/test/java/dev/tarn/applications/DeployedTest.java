// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.User;
import dev.tarn.security.ApplicationRoles;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications on a real node. */
class DeployedTest {

    @TempDir
    Path directory;

    private Node node;
    private Applications applications;

    @BeforeEach
    void start() {
        node = Node.in(directory.resolve("data")).start();
    }

    @AfterEach
    void stop() {
        if (applications != null) {
            applications.close();
        }
        node.close();
    }

    private void deploy() {
        applications = new Applications(
                node.services().tables(),
                new ApplicationRoles(node.services().store(), node.services().bodies()),
                node.services().transactions(),
                node.services().make(DataLoader.class),
                Configs.of(
                        Applications.Config.class,
                        Map.of("directory", directory.resolve("deploy").toString(), "interval", "50ms")));
    }

    private void write(String file, String text) throws IOException {
        Path path = directory.resolve("deploy").resolve(file);
        Files.createDirectories(path.getParent());
        Path temporary = Files.writeString(path.resolveSibling(".new"), text);
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("a minute passed").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static final String ROLES = """
            reader:
              super_user: false
              data:
                Notes:
                  read: true
                  insert: true
                  attributes:
                    text:
                      read: true
                      insert: false
                    owner:
                      insert: true
                shop:
                  delete: true
                  rows: owner=%u
              publish: [notes/%u/#]
            boss:
              super_user: true
            """;

    /** What is in {@code system.roles}. */
    private String roles() {
        Rights rights = node.services().access().rights(new User("ada", Set.of("reader"), false), "");
        Rights boss = node.services().access().rights(new User("eve", Set.of("boss"), false), "");
        Table notes = new Table(
                "data", "Notes", "Notes", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.DECLARED);
        return rights.of(notes).grants(Access.Verb.READ) + " "
                + rights.of(notes).grants(Access.Verb.INSERT) + " "
                + rights.of(notes).grants(Access.Verb.UPDATE) + " "
                + rights.of(notes).allows(Access.Verb.PUBLISH, "Notes/ada/x") + " " + boss.everything();
    }

    @Test
    void roles_come_and_go_with_their_application() throws IOException {
        String schema = "type Notes @table { id: ID @primaryKey\n text: String\n owner: String }";
        write("app/schema.graphql", schema);
        write("app/roles.yaml", ROLES);
        write("app/config.yaml", "graphqlSchema:\n  files: schema.graphql\nroles:\n  files: roles.yaml\n");
        deploy();
        String granted = "[Grant[attributes=[text], rows=]] [Grant[attributes=[owner], rows=]] [] true true";
        await(() -> roles().equals(granted));
        write("app/roles.yaml", ROLES.replace("super_user: true", "super_user: false"));
        await(() -> roles().endsWith(" true false"));
        write("app/config.yaml", "graphqlSchema:\n  files: schema.graphql\n");
        await(() -> roles().equals("[] [] [] false false"));
    }

    private boolean declared(String table) {
        return node.services().tables().all().stream().map(Table::qualifiedName).anyMatch(table::equals);
    }

    @Test
    void a_declared_table_checks_coerces_and_keeps_its_rows() throws Exception {
        write("shop/schema.graphql", "type Sensors @table @export { id: ID @primaryKey location: String temp: Float }");
        deploy();

        node.put("sensors/101", "{\"temp\":\"70.1\",\"location\":\"warehouse\",\"extra\":true}");

        assertThat(node.value(node.text("Sensors/101")))
                .isEqualTo(node.value("{\"id\":\"101\",\"temp\":70.1,\"location\":\"warehouse\",\"extra\":true}"));
        assertThatThrownBy(() -> node.put("Sensors/102", "{\"temp\":\"warm\"}"))
                .isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.code()).isEqualTo(Failure.Code.INVALID);
                    assertThat(failure.violations()).singleElement().asString().contains("temp");
                });
    }

    @Test
    void a_changed_schema_takes_effect_and_rows_stay() throws Exception {
        write("shop/schema.graphql", "type Sensors @table @export { id: ID @primaryKey temp: Float }");
        deploy();
        node.put("Sensors/101", "{\"temp\":1.5}");

        write(
                "shop/schema.graphql",
                "type Sensors @table @export @sealed { id: ID @primaryKey temp: Float room: Int }");
        await(() -> node.services().tables().all().stream()
                .anyMatch(table -> table.rules().sealed()));

        assertThat(node.value(node.text("Sensors/101"))).isEqualTo(node.value("{\"id\":\"101\",\"temp\":1.5}"));
        node.put("Sensors/101", "{\"room\":7}");
        assertThatThrownBy(() -> node.put("Sensors/101", "{\"other\":7}")).isInstanceOf(Failure.class);
    }

    @Test
    void an_application_that_is_removed_takes_its_tables_and_is_back_with_its_rows() throws Exception {
        write("shop/schema.graphql", "type Sensors @table @export { id: ID @primaryKey temp: Float }");
        deploy();
        node.put("Sensors/101", "{\"temp\":1.5}");

        Files.move(directory.resolve("deploy/shop"), directory.resolve("shop"));
        await(() -> !declared("data.Sensors"));
        assertThat(node.text("Sensors/101")).isEqualTo("absent");

        Files.move(directory.resolve("shop"), directory.resolve("deploy/shop"));
        await(() -> declared("data.Sensors"));
        assertThat(node.value(node.text("Sensors/101"))).isEqualTo(node.value("{\"id\":\"101\",\"temp\":1.5}"));
    }

    @Test
    void two_applications_cannot_share_a_name() throws Exception {
        write("a/schema.graphql", "type Sensors @table(database: \"one\") @export { id: ID @primaryKey }");
        write("b/schema.graphql", "type Other @table @export(name: \"sensors\") { id: ID @primaryKey }");
        deploy();

        assertThat(declared("one.Sensors")).isTrue();
        assertThat(declared("data.Other")).isFalse();
    }

    @Test
    void rows_of_a_table_with_an_expiration_go_by_themselves() throws Exception {
        write("shop/schema.graphql", "type Brief @table(expiration: 0.3) @export { id: ID @primaryKey }");
        deploy();

        node.put("Brief/1", "{}");

        await(() -> node.text("Brief/1").equals("absent"));
    }

    @Test
    void a_payload_attribute_takes_bytes() throws Exception {
        write("shop/schema.graphql", "type Raw @table @export { id: ID @primaryKey bytes: Bytes @payload }");
        deploy();
        byte[] payload = {0, 1, (byte) 0xFF};

        Node.await(node.services()
                .resources()
                .put(
                        node.context(),
                        dev.tarn.api.data.Path.of("Raw/1"),
                        node.services().bodies().opaque("application/x-thing", payload),
                        dev.tarn.api.resource.Terms.NONE));

        assertThat(node.row("Raw/1").orElseThrow().body().bytes()).isEqualTo(payload);
    }

    private String row(String path) {
        return String.valueOf(node.text(path));
    }

    @Test
    void rows_of_data_files_are_loaded_and_what_users_changed_stays() throws Exception {
        write("shop/config.yaml", """
                graphqlSchema:
                  files: schema.graphql
                dataLoader:
                  files: ['data/*.json', 'data/*.yaml']
                """);
        write("shop/schema.graphql", """
                type Dog @table @export { id: Long @primaryKey name: String born: Date }
                type Breed @table(database: "kennel") @export(name: "breeds") { id: ID @primaryKey name: String }
                type Inner @table { id: ID @primaryKey n: Int }
                """);
        write("shop/data/dogs.json", """
                {
                \t"table": "Dog",
                \t"records": [
                \t\t{ "id": 1, "name": "Rex", "born": "2020-01-02" },
                \t\t{ "id": 2, "name": "Ada" }, { "id": 3, "name": 4.5, "born": "x" }, { "name": "nobody" }
                \t]
                }""");
        write("shop/data/breeds.yaml", "database: kennel\ntable: Breed\nrecords:\n  - id: pug\n    name: Pug\n");
        write("shop/data/inner.json", "{\"table\":\"Inner\",\"records\":[{\"id\":\"a\",\"n\":1}]}");
        deploy();

        assertThat(row("Dog/1")).contains("Rex").contains("2020-01-02");
        assertThat(row("breeds/pug")).contains("Pug");
        assertThat(node.services()
                        .tables()
                        .rows("data.Inner")
                        .get(node.context(), dev.tarn.api.data.Path.of("Inner/a"))
                        .toCompletableFuture()
                        .get(60, java.util.concurrent.TimeUnit.SECONDS))
                .isPresent();

        node.put("Dog/2", "{\"name\":\"Ada of the users\"}");
        node.put("Dog/1", "{\"name\":\"Rex\",\"born\":\"2020-01-02\",\"extra\":true}");
        write("shop/data/dogs.json", """
                {"table": "Dog", "records": [{ "id": 1, "name": "Rex II", "born": "2020-01-02" },
                  { "id": 2, "name": "Ada II" }]}""");

        await(() -> row("Dog/1").contains("Rex II"));
        assertThat(row("Dog/1")).contains("extra");
        assertThat(row("Dog/2")).contains("Ada of the users");
    }

    @Test
    void a_data_file_that_cannot_be_read_keeps_the_application_from_being_deployed() throws Exception {
        write("shop/config.yaml", "graphqlSchema:\n  files: schema.graphql\ndataLoader:\n  files: data.json\n");
        write("shop/schema.graphql", "type Dog @table @export { id: Long @primaryKey }");
        write("shop/data.json", "{\"table\":\"Dog\",\"records\":[}");
        deploy();
        assertThat(declared("data.Dog")).isFalse();
        write("shop/data.json", "{\"table\":\"Dog\",\"records\":[]}");
        await(() -> declared("data.Dog"));
    }
}

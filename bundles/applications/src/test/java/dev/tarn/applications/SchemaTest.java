// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaTest {

    private final Findings findings = new Findings();

    private List<Table> read(String text) {
        return Schema.tables(SchemaFile.read("schema.graphql", text, findings), findings);
    }

    private Table only(String text) {
        List<Table> tables = read(text);
        assertThat(findings.errors()).isEmpty();
        assertThat(tables).hasSize(1);
        return tables.get(0);
    }

    @Test
    void the_getting_started_schema_declares_two_tables() {
        List<Table> tables = read("""
                type Sensors @table @export { id: ID @primaryKey  location: String  temp: Float }
                type Topics @table @export(name: "") { id: ID @primaryKey  data: Object }
                """);

        assertThat(findings.errors()).isEmpty();
        assertThat(tables)
                .containsExactly(
                        new Table(
                                "data",
                                "Sensors",
                                "Sensors",
                                List.of(
                                        Attribute.primaryKey("id", Attribute.Type.ID),
                                        Attribute.of("location", Attribute.Type.STRING),
                                        Attribute.of("temp", Attribute.Type.FLOAT)),
                                Table.Rules.DECLARED),
                        new Table(
                                "data",
                                "Topics",
                                "",
                                List.of(
                                        Attribute.primaryKey("id", Attribute.Type.ID),
                                        Attribute.of("data", Attribute.Type.OBJECT)),
                                Table.Rules.DECLARED));
    }

    @Test
    void a_type_without_attributes_gets_an_id() {
        Table table = only("type MyTopic @table @export");

        assertThat(table.attributes()).containsExactly(Attribute.primaryKey("id", Attribute.Type.ID));
        assertThat(table.export()).isEqualTo("MyTopic");
    }

    @Test
    void an_id_of_the_right_type_becomes_the_primary_key() {
        assertThat(only("type A @table { name: String id: Long }").primaryKey())
                .contains(Attribute.primaryKey("id", Attribute.Type.LONG));
    }

    @Test
    void table_and_database_and_export_have_names_of_their_own() {
        Table table = only(
                "type Dog @table(table: \"dogs\", database: \"kennel\") @export(name: \"hounds\") { id: Int @primaryKey }");

        assertThat(table.qualifiedName()).isEqualTo("kennel.dogs");
        assertThat(table.export()).isEqualTo("hounds");
        assertThat(table.numericIds()).isTrue();
    }

    @Test
    void a_table_that_is_not_exported_has_no_name_outside() {
        assertThat(only("type A @table { id: ID @primaryKey }").export()).isNull();
    }

    @Test
    void a_sealed_table_says_so() {
        assertThat(only("type A @table @sealed { id: ID @primaryKey }").rules().sealed())
                .isTrue();
    }

    @Test
    void how_a_table_is_kept_is_said_in_its_directive() {
        Table table = only("type A @table(expiration: 1.5, history: \"7d\", durability: \"async\", audit: true)"
                + " { id: ID @primaryKey raw: Bytes @payload }");

        assertThat(table.rules())
                .isEqualTo(new Table.Rules(
                                false,
                                false,
                                true,
                                Table.Keeping.ASYNC,
                                Duration.ofDays(7),
                                Duration.ofMillis(1500),
                                "raw")
                        .audited(true));
    }

    @Test
    void names_may_stand_without_quotes_as_in_harper_s_pages() {
        Table table = only("type A @table(replicate: false) { id: Long @primaryKey parentId: Long @indexed"
                + " parent: A @relationship(from: parentId) vector: [Float] @indexed(type: \"HNSW\", M: 8) }");

        assertThat(table.attribute("parent")
                        .orElseThrow()
                        .traits()
                        .related()
                        .orElseThrow()
                        .from())
                .isEqualTo("parentId");
        assertThat(table.attribute("vector").orElseThrow().indexed()).isFalse();
    }

    @Test
    void how_long_rows_live_and_are_kept_is_said_in_seconds() {
        Table table = only("type A @table(expiration: 300, eviction: 3300, scanInterval: 600, audit: true)"
                + " { id: Any @primaryKey }");

        assertThat(table.rules().lifetime())
                .isEqualTo(new Table.Lifetime(Duration.ofMinutes(5), Duration.ofMinutes(55), Duration.ofMinutes(10)));
        assertThat(table.rules().history()).isEqualTo(Duration.ofDays(3));
        assertThat(table.mixedIds()).isTrue();
        assertThat(only("type A @table(audit: false) { id: ID }").rules().history())
                .isZero();
    }

    @Test
    void every_type_lists_and_types_inside_are_read() {
        Table table = only("""
                type Place { street: String! where: [Float!]! }
                type A @table {
                  id: ID @primaryKey
                  a: String @indexed  b: Int  c: Long  d: Float  e: BigInt  f: Boolean  g: Date  h: Bytes  i: Blob
                  j: Any  k: Object!  l: [String!] @indexed  place: Place
                }
                """);

        assertThat(table.attributes())
                .extracting(Attribute::type)
                .containsExactly(
                        Attribute.Type.ID,
                        Attribute.Type.STRING,
                        Attribute.Type.INT,
                        Attribute.Type.LONG,
                        Attribute.Type.FLOAT,
                        Attribute.Type.BIGINT,
                        Attribute.Type.BOOLEAN,
                        Attribute.Type.DATE,
                        Attribute.Type.BYTES,
                        Attribute.Type.BLOB,
                        Attribute.Type.ANY,
                        Attribute.Type.OBJECT,
                        Attribute.Type.STRING,
                        Attribute.Type.OBJECT);
        assertThat(table.attribute("a").orElseThrow().indexed()).isTrue();
        assertThat(table.attribute("k").orElseThrow().required()).isTrue();
        assertThat(table.attribute("l").orElseThrow())
                .isEqualTo(new Attribute("l", Attribute.Type.STRING, true, false, true, true, false, List.of()));
        assertThat(table.attribute("place").orElseThrow().nested())
                .containsExactly(
                        new Attribute("street", Attribute.Type.STRING, false, true, false, false, false, List.of()),
                        new Attribute("where", Attribute.Type.FLOAT, true, true, true, false, false, List.of()));
    }

    @Test
    void declarations_for_editors_are_passed_over() {
        only("directive @table(database: String) on OBJECT\nscalar Long\ntype A @table { id: Long @primaryKey }");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "type A @table { id: ID @primaryKey|:1: not GraphQL",
                "type A @table { id: Strin }|:1: type 'Strin' is not known; did you mean 'String'?",
                "type A @tabel { id: ID }|:1: @tabel is not known; did you mean 'table'?",
                "type A @table(databas: \"x\") { id: ID }|:1: @table has no 'databas'; did you mean 'database'?",
                "type A @table(database: 7) { id: ID }|:1: 'database' of @table must be text in double quotes",
                "type A @table(database: \"a.b\") { id: ID }|:1: 'database' has 1 to 100 letters",
                "type A @table(database: \"system\") { id: ID }|:1: database 'system' is the server's own",
                "type A @table(expiration: 0) { id: ID }|:1: 'expiration' is a number of seconds",
                "type A @table(expiration: \"1h\") { id: ID }|:1: 'expiration' of @table must be a number",
                "type A @table(history: \"7 days\") { id: ID }|:1: 'history' is a number of days",
                "type A @table(durability: \"maybe\") { id: ID }|:1: 'durability' is",
                "type A @table { id: ID a: Any @payload b: Any @payload }|only one attribute is the @payload",
                "type A @table { id: ID @primaryKey @payload }|@payload is an attribute of a table",
                "type A @table @export(name: \"\") { id: Int @primaryKey }|ids of the table at",
                "type A @table { id: ID b: B } type B @table|'B' is a table: say how its rows are found",
                "type A @table { id: ID n: N } type N { n: N }|type 'N' contains itself",
                "type A @table { id: Float @primaryKey }|the primary key 'id' must be",
                "type A @table { id: Float }|the primary key 'id' must be",
                "type A @table { id: ID a: Int a: Int }|attribute 'a' is there twice",
                "type A @table type A @table|type A is declared in schema.graphql:1",
                "type A @table @export(name: \"x\") type B @table @export(name: \"X\")|export name 'x' is taken by type A",
                "type A @table @export(name: \"a/b\")|one segment",
                "type A @export { id: ID }|@export needs @table",
                "type A @table { id: ID t: Float @table }|@table does not belong on an attribute",
                "type A @table { id: ID t: [[Int]] }|a list of lists",
                "type A @table { id: ID o: Object @indexed }|only plain attributes",
                "type A @table @table|@table is there twice",
                "type String @table|String is a built-in type",
                "type A @table(audit: false, history: \"1d\") { id: ID }|'audit: false' keeps no log of changes",
                "type A @table { a: ID @primaryKey b: Any @primaryKey }|none of them is of type Any",
                "type A @table(eviction: -1) { id: ID }|'eviction' is a number of seconds, 0 or more",
                "type A @table { id: ID b: B @relationship(from: \"bId\") } type B @table|'from' names no attribute of A",
                "type A @table { id: ID b: B @relationship } type B @table|@relationship needs from: or to:",
                "type A @table { id: ID b: B @relationship(to: \"a\") } type B @table { a: ID }|write the type as [B]",
                "type A @table { id: ID b: B @relationship(from: \"id\") } type B { x: Int }|is a table, and 'B' is none",
                "type A @table { id: ID t: Float @createdTime @updatedTime }|only one of @createdTime",
                "type A @table { id: ID t: Int @createdTime }|@createdTime needs a Date",
                "type A @table { id: ID t: Float @computed }|@computed needs from:",
                "type A @table { id: ID @primaryKey @hidden }|the primary key cannot be hidden",
                "type A @table { id: ID @hidden }|the primary key takes no further directives",
                "type A @table { id: ID t: Any @unique }|@unique needs a plain value",
                "type A @table { id: ID t: String @range(min: 1) }|@range needs numbers",
                "type A @table { id: ID t: Int @range(min: 2, max: 1) }|min is above max",
                "type A @table { id: ID t: Int @range }|@range needs a min, a max, or both",
                "type A @table { id: ID t: String @length(max: 1.5) }|max is a whole number",
                "type A @table { id: ID t: Int @length(max: 1) }|@length needs text, bytes or a list",
                "type A @table { id: ID t: Int @pattern(regex: \"a\") }|@pattern needs text",
                "type A @table { id: ID t: String @pattern }|@pattern needs regex:",
                "type A @table { id: ID t: Int @default(value: \"x\") }|not of the attribute's type",
                "type A @table { id: ID t: Int @default }|@default needs a value",
                "enum E { A B } type A @table { id: ID e: E @default(value: C) }|is none of A, B",
                "enum E { A } enum E { B }|type E is declared in",
                "type A implements I @table|interfaces are not supported",
                "extend type A { b: Int }|definitions are not supported",
            })
    void what_is_not_understood_is_refused_with_its_line(String schema, String reason) {
        read(schema);

        assertThat(findings.errors().toString()).contains("schema.graphql:1").contains(reason);
    }

    @Test
    void traits_are_read_from_directives() {
        List<Table> tables = read("""
                enum Size { S M L }
                type Dog @table @export(mqtt: false, rest: true) {
                  id: ID @primaryKey
                  size: Size! @default(value: M)
                  chip: String @unique @length(min: 3, max: 5) @pattern(regex: "[0-9]+")
                  weight: Float @range(min: 0.5, max: 100)
                  weightInGrams: Float @computed(from: "weight * 1000", version: 2) @indexed
                  secret: String @hidden
                  born: Long @createdTime
                  seen: Date @updatedTime
                  until: Date @expiresAt
                  breedId: ID
                  breed: Breed @relationship(from: "breedId")
                  tags: [String] @default(value: ["x", "y"])
                }
                type Breed @table(table: "breeds") { id: ID @primaryKey dogs: [Dog] @relationship(to: "breedId") }
                """);

        assertThat(findings.errors()).isEmpty();
        Table dog = tables.get(0);
        assertThat(dog.rules().withheld()).containsExactly("mqtt");
        assertThat(traits(dog, "size").values()).containsExactly("S", "M", "L");
        assertThat(traits(dog, "size").otherwise()).isEqualTo("M");
        assertThat(dog.attribute("size").orElseThrow().type()).isEqualTo(Attribute.Type.STRING);
        assertThat(traits(dog, "chip").unique()).isTrue();
        assertThat(dog.attribute("chip").orElseThrow().indexed()).isTrue();
        assertThat(traits(dog, "chip").bounds()).isEqualTo(new Traits.Bounds(null, null, 3, 5, "[0-9]+"));
        assertThat(traits(dog, "weight").bounds())
                .isEqualTo(new Traits.Bounds(new BigDecimal("0.5"), new BigDecimal("100"), 0, Integer.MAX_VALUE, null));
        assertThat(traits(dog, "weightInGrams").origin()).isEqualTo(new Origin.Computed("weight * 1000", "2"));
        assertThat(traits(dog, "secret").hidden()).isTrue();
        assertThat(traits(dog, "born").stamped(Origin.Moment.CREATED)).isTrue();
        assertThat(traits(dog, "seen").stamped(Origin.Moment.UPDATED)).isTrue();
        assertThat(traits(dog, "until").stamped(Origin.Moment.EXPIRES)).isTrue();
        assertThat(traits(dog, "breed").origin()).isEqualTo(new Origin.Related("data.breeds", "breedId", null));
        assertThat(traits(dog, "tags").otherwise()).isEqualTo(List.of("x", "y"));
        assertThat(traits(tables.get(1), "dogs").origin()).isEqualTo(new Origin.Related("data.Dog", null, "breedId"));
    }

    private static Traits traits(Table table, String attribute) {
        return table.attribute(attribute).orElseThrow().traits();
    }

    @Test
    void several_attributes_can_be_the_primary_key() {
        Table table = only("type A @table { tenant: ID @primaryKey number: Int @primaryKey text: String }");

        assertThat(table.composite()).isTrue();
        assertThat(table.primaryKeys()).extracting(Attribute::name).containsExactly("tenant", "number");
        assertThat(table.numericIds()).isFalse();
    }

    @Test
    void all_errors_come_at_once_in_order() {
        read("type A @table {\n  id: ID\n  a: Strin\n  b: Boolan\n}\n");

        assertThat(findings.errors()).extracting(Findings.Finding::line).containsExactly(3, 4);
    }

    @Test
    void a_schema_that_would_grow_without_end_is_refused_in_time() {
        StringBuilder doubling = new StringBuilder("type A @table { id: ID x: T0 }\n");
        for (int i = 0; i < 40; i++) {
            doubling.append("type T%d { a: T%d b: T%d }%n".formatted(i, i + 1, i + 1));
        }
        read(doubling.append("type T40 { a: Int }").toString());
        assertThat(findings.errors().toString()).contains("too deep or too many");

        Findings second = new Findings();
        StringBuilder wide = new StringBuilder("type A @table {\n");
        for (int i = 0; i < 100_000; i++) {
            wide.append("a").append(i).append(": Int\n");
        }
        Schema.tables(SchemaFile.read("wide.graphql", wide.append("}").toString(), second), second);
        assertThat(second.errors()).isNotEmpty();
    }
}

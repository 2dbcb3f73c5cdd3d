// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.codec.CodecBodies;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaTest {

    private final Bodies bodies = CodecBodies.standard();

    private static final List<Attribute> EVERYTHING = List.of(
            Attribute.primaryKey("id", Attribute.Type.ID),
            Attribute.of("text", Attribute.Type.STRING),
            Attribute.of("int", Attribute.Type.INT),
            Attribute.of("long", Attribute.Type.LONG),
            Attribute.of("float", Attribute.Type.FLOAT),
            Attribute.of("big", Attribute.Type.BIGINT),
            Attribute.of("flag", Attribute.Type.BOOLEAN),
            Attribute.of("at", Attribute.Type.DATE),
            Attribute.of("raw", Attribute.Type.BYTES),
            Attribute.of("any", Attribute.Type.ANY),
            Attribute.of("map", Attribute.Type.OBJECT));

    private static Table.Rules rules(boolean sealed, boolean coerce, String payload) {
        return new Table.Rules(false, sealed, coerce, Table.Keeping.LOGGED, Duration.ZERO, Duration.ZERO, payload);
    }

    private Schema schema(Table.Rules rules, Attribute... attributes) {
        return new Schema(new Table(Table.DATA, "T", "T", List.of(attributes), rules), bodies);
    }

    private Schema everything(boolean coerce) {
        return new Schema(new Table(Table.DATA, "T", "T", EVERYTHING, rules(false, coerce, null)), bodies);
    }

    private Body json(String text) {
        return bodies.structured(Bodies.JSON, text.getBytes(StandardCharsets.UTF_8));
    }

    private String stored(Schema schema, Body body) {
        Body made = schema.row("1", body, Attributes.NONE, 0).body();
        return new String(made.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"id":"1","text":"a"}             | {"id":"1","text":"a"}
                    {"text":"a","id":"other"}         | {"id":"1","text":"a"}
                    {"text":70}                       | {"id":"1","text":"70"}
                    {"text":70.5}                     | {"id":"1","text":"70.5"}
                    {"text":true}                     | {"id":"1","text":"true"}
                    {"float":"70.1"}                  | {"id":"1","float":70.1}
                    {"float":"70"}                    | {"id":"1","float":70}
                    {"float":72}                      | {"id":"1","float":72}
                    {"float":"-1e3"}                  | {"id":"1","float":-1000.0}
                    {"int":"12"}                      | {"id":"1","int":12}
                    {"int":12.0}                      | {"id":"1","int":12}
                    {"long":"9007199254740993"}       | {"id":"1","long":9007199254740993}
                    {"big":"92233720368547758080"}    | {"id":"1","big":92233720368547758080}
                    {"flag":"true"}                   | {"id":"1","flag":true}
                    {"any":[1,{"a":null}]}            | {"id":"1","any":[1,{"a":null}]}
                    {"map":{"x":1}}                   | {"id":"1","map":{"x":1}}
                    {"extra":[1,2],"text":null}       | {"id":"1","extra":[1,2],"text":null}
                    {}                                | {"id":"1"}
                    """)
    void what_is_clearly_meant_is_converted_and_the_id_put_in(String given, String kept) {
        assertThat(stored(everything(true), json(given))).isEqualTo(kept);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"float":"warm"}          | float: must be a number, not "warm"
                    {"float":"NaN"}           | float: must be a number, not "NaN"
                    {"float":"0x10"}          | float: must be a number, not "0x10"
                    {"float":"1e999"}         | float: must be a number, not "1e999"
                    {"float":true}            | float: must be a number, not true
                    {"float":[1]}             | float: must be a number, not a list
                    {"int":2147483648}        | int: must be a whole number of 32 bits, not 2147483648
                    {"int":1.5}               | int: must be a whole number of 32 bits, not 1.5
                    {"long":9223372036854775808} | long: must be a whole number of 64 bits, not 9223372036854775808
                    {"big":"1.5"}             | big: must be a whole number, not "1.5"
                    {"flag":"yes"}            | flag: must be true or false, not "yes"
                    {"flag":1}                | flag: must be true or false, not 1
                    {"text":{"a":1}}          | text: must be text, not an object
                    {"map":"x"}               | map: must be an object, not "x"
                    {"raw":"%%%"}             | raw: must be bytes (base64 in text formats), not "%%%"
                    {"at":"tomorrow"}         | at: must be a date, such as 2026-11-21T09:30:00Z, not "tomorrow"
                    """)
    void what_is_not_is_a_violation(String given, String violation) {
        assertThatThrownBy(() -> stored(everything(true), json(given)))
                .isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.code()).isEqualTo(Failure.Code.INVALID);
                    assertThat(failure.violations()).containsExactly(violation);
                });
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-21T09:30:00Z,2026-11-21T09:30:00Z",
        "2026-11-21T09:30:00.123456Z,2026-11-21T09:30:00.123456Z",
        "2026-11-21T09:30:00+02:00,2026-11-21T07:30:00Z",
        "2026-11-21T09:30:00-02:00,2026-11-21T11:30:00Z",
        "2026-11-21T09:30:00,2026-11-21T09:30:00Z",
        "2026-11-21,2026-11-21T00:00:00Z"
    })
    void iso_text_becomes_a_moment(String text, String moment) {
        Object made = everything(true)
                .row("1", json("{\"at\":\"" + text + "\"}"), Attributes.NONE, 0)
                .body()
                .value();
        assertThat(((Map<?, ?>) made).get("at")).isEqualTo(Instant.parse(moment));
    }

    @Test
    void conversion_can_be_turned_off() {
        Schema strict = everything(false);
        assertThat(stored(strict, json("{\"float\":1,\"text\":\"x\"}")))
                .isEqualTo("{\"id\":\"1\",\"float\":1,\"text\":\"x\"}");
        assertThatThrownBy(() -> stored(strict, json("{\"float\":\"1\",\"text\":1,\"int\":1.0,\"flag\":\"true\"}")))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.violations()).hasSize(4));
    }

    @Test
    void all_violations_come_in_one_answer() {
        Attribute required = new Attribute("name", Attribute.Type.STRING, false, true, false, false, false, List.of());
        Attribute list = new Attribute("tags", Attribute.Type.STRING, true, false, true, false, false, List.of());
        Attribute nested = new Attribute(
                "place",
                Attribute.Type.OBJECT,
                false,
                false,
                false,
                false,
                false,
                List.of(Attribute.of("lat", Attribute.Type.FLOAT)));
        Schema schema =
                schema(rules(true, true, null), Attribute.primaryKey("id", Attribute.Type.ID), required, list, nested);
        assertThatThrownBy(() -> stored(
                        schema, json("{\"tags\":[\"a\",null,{}],\"place\":{\"lat\":\"north\",\"x\":1},\"y\":2}")))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.violations())
                                .containsExactly(
                                        "name: is required",
                                        "tags[1]: is required",
                                        "tags[2]: must be text, not an object",
                                        "place.lat: must be a number, not \"north\"",
                                        "place.x: is not declared",
                                        "y: is not declared"));
        assertThat(stored(schema, json("{\"name\":1,\"tags\":[2],\"place\":{\"lat\":\"5\"}}")))
                .isEqualTo("{\"id\":\"1\",\"name\":\"1\",\"tags\":[\"2\"],\"place\":{\"lat\":5}}");
    }

    @Test
    void a_body_that_is_right_already_is_kept_as_it_came() {
        Body body = json("{ \"id\" : \"1\", \"float\" : 1.50 }");
        assertThat(everything(true).row("1", body, Attributes.NONE, 0).body()).isSameAs(body);
    }

    @Test
    void a_numeric_id_is_put_in_as_a_number() {
        Schema schema = schema(rules(false, true, null), Attribute.primaryKey("n", Attribute.Type.LONG));
        assertThat(stored(schema, json("{\"a\":1}"))).isEqualTo("{\"n\":1,\"a\":1}");
        Body body = json("{\"n\":1,\"a\":1}");
        assertThat(schema.row("1", body, Attributes.NONE, 0).body()).isSameAs(body);
    }

    @Test
    void untyped_bytes_are_json_when_they_are_a_json_object_and_opaque_otherwise() {
        Schema schema = everything(true);
        Body object = bodies.opaque(Body.OPAQUE, " \n{\"float\":\"1.5\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(stored(schema, object)).isEqualTo("{\"id\":\"1\",\"float\":1.5}");
        for (String text : List.of("21.5", "[1]", "\"x\"", "{oops", "", "{}x", "true")) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            assertComesBackRaw(schema, bodies.opaque(Body.OPAQUE, bytes), Body.OPAQUE, bytes);
        }
        byte[] binary = {0, (byte) 0xFF, 7};
        assertComesBackRaw(schema, bodies.opaque(Body.OPAQUE, binary), Body.OPAQUE, binary);
    }

    @Test
    void a_declared_data_does_not_refuse_what_the_server_wraps_in_it() {
        Schema schema = schema(
                rules(true, true, null),
                Attribute.primaryKey("id", Attribute.Type.ID),
                Attribute.of("data", Attribute.Type.OBJECT),
                Attribute.of("contentType", Attribute.Type.STRING));
        byte[] text = "plain text".getBytes(StandardCharsets.UTF_8);
        assertComesBackRaw(schema, bodies.opaque(Body.OPAQUE, text), Body.OPAQUE, text);
        assertThatThrownBy(() -> schema.row("1", json("{\"data\":\"text\"}"), Attributes.NONE, 0))
                .isInstanceOf(Failure.class);
    }

    @Test
    void an_opaque_body_is_kept_under_data_and_comes_back_with_its_type() {
        byte[] bytes = {1, 2, 3};
        assertComesBackRaw(everything(true), bodies.opaque("image/png", bytes), "image/png", bytes);
        byte[] text = "grüße".getBytes(StandardCharsets.UTF_8);
        Schema.Checked checked =
                assertComesBackRaw(everything(true), bodies.opaque("text/plain", text), "text/plain", text);
        assertThat(checked.body().value()).isEqualTo(Map.of("id", "1", "contentType", "text/plain", "data", "grüße"));
    }

    private Schema.Checked assertComesBackRaw(Schema schema, Body sent, String mediaType, byte[] bytes) {
        Schema.Checked checked = schema.row("1", sent, Attributes.NONE, 0);
        Payloads payloads = new Payloads(bodies);
        Row stored = new Row(Path.of("T/1"), checked.body(), 1, checked.attributes());
        Body read = payloads.row("data.T", stored).body();
        assertThat(read.mediaType()).isEqualTo(mediaType);
        assertThat(read.bytes()).isEqualTo(bytes);
        assertThat(read.structured()).isFalse();
        assertThat(read.as(mediaType)).isSameAs(read);
        Map<?, ?> object = (Map<?, ?>) read.value();
        assertThat(object.keySet().toString()).isEqualTo("[id, contentType, data]");
        assertThat(new String(read.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8))
                .startsWith("{\"id\":\"1\",\"contentType\":\"" + mediaType + "\",\"data\":");
        return checked;
    }

    @Test
    void a_value_that_is_no_object_comes_back_as_that_value() {
        Schema.Checked checked = everything(true).row("1", json("[1,2]"), Attributes.NONE, 0);
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("id", "1");
        object.put("contentType", "application/json");
        object.put("data", List.of(1L, 2L));
        assertThat(checked.body().value()).isEqualTo(object);
        Body read = new Payloads(bodies)
                .row("data.T", new Row(Path.of("T/1"), checked.body(), 1, checked.attributes()))
                .body();
        assertThat(read.structured()).isTrue();
        assertThat(read.value()).isEqualTo(List.of(1L, 2L));
    }

    @Test
    void a_table_may_name_the_attribute_that_takes_payloads() {
        Schema schema = schema(
                rules(false, true, "reading"),
                Attribute.primaryKey("id", Attribute.Type.ID),
                Attribute.of("reading", Attribute.Type.FLOAT));
        Schema.Checked checked = schema.row("1", json("21.5"), Attributes.NONE, 0);
        assertThat(checked.body().value()).isEqualTo(Map.of("id", "1", "reading", 21.5));
    }

    @Test
    void a_body_that_is_not_what_it_says_is_malformed() {
        for (Body body : List.of(json("{\"a\":"), bodies.opaque("application/json", new byte[] {'{'}))) {
            assertThatThrownBy(() -> everything(true).row("1", body, Attributes.NONE, 0))
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.MALFORMED));
        }
    }

    @Test
    void text_in_a_violation_is_short_and_harmless() {
        String evil = "x\\u001b[31m" + "y".repeat(10_000);
        assertThatThrownBy(() -> stored(everything(true), json("{\"float\":\"" + evil + "\"}")))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.violations().get(0))
                                .hasSizeLessThan(120)
                                .doesNotContain("\u001b"));
    }
}

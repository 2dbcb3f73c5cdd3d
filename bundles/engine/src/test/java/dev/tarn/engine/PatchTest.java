// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.codec.CodecBodies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchTest {

    private final Bodies bodies = CodecBodies.standard();
    private final Schema schema = new Schema(new Table(Table.DATA, "T", "T", List.of(), Table.Rules.DECLARED), bodies);

    private String patched(String mediaType, String row, String patch) {
        Map<String, Object> before =
                Schema.object((Map<?, ?>) json(Bodies.JSON, row).value());
        Map<String, Object> after =
                Patch.of(json(mediaType, patch), schema, bodies).apply(before);
        assertThat(text(bodies.of(before))).as("the row itself is left alone").isEqualTo(text(json(Bodies.JSON, row)));
        return text(bodies.of(after));
    }

    private Body json(String mediaType, String text) {
        return bodies.structured(mediaType, text.strip().getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Body body) {
        return new String(body.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"a":1,"b":2}        | {"b":3,"c":4}                           | {"a":1,"b":3,"c":4}
                    {"a":{"x":1,"y":2}}  | {"a":{"x":5}}                           | {"a":{"x":5}}
                    {"a":1}              | {"a":null}                              | {"a":null}
                    {"n":1}              | {"n":{"__op__":"add","value":2}}        | {"n":3}
                    {"n":1}              | {"n":{"__op__":"add","value":-2.5}}     | {"n":-1.5}
                    {}                   | {"n":{"__op__":"add","value":2}}        | {"n":2}
                    {"n":9223372036854775807} | {"n":{"__op__":"add","value":1}}   | {"n":9223372036854775808}
                    {"n":9223372036854775808} | {"n":{"__op__":"add","value":-1}}  | {"n":9223372036854775807}
                    """)
    void a_plain_patch_merges_the_top_level_and_adds_atomically(String row, String patch, String expected) {
        assertThat(patched(Bodies.JSON, row, patch)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"a":"b"}           | {"a":"c"}                 | {"a":"c"}
                    {"a":"b"}           | {"b":"c"}                 | {"a":"b","b":"c"}
                    {"a":"b"}           | {"a":null}                | {}
                    {"a":"b","b":"c"}   | {"a":null}                | {"b":"c"}
                    {"a":["b"]}         | {"a":"c"}                 | {"a":"c"}
                    {"a":"c"}           | {"a":["b"]}               | {"a":["b"]}
                    {"a":{"b":"c"}}     | {"a":{"b":"d","c":null}}  | {"a":{"b":"d"}}
                    {"a":[{"b":"c"}]}   | {"a":[1]}                 | {"a":[1]}
                    {"e":null}          | {"a":1}                   | {"e":null,"a":1}
                    {}                  | {"a":{"bb":{"ccc":null}}} | {"a":{"bb":{}}}
                    """)
    void a_merge_patch_goes_deep_as_in_the_examples_of_rfc_7386(String row, String patch, String expected) {
        assertThat(patched("application/merge-patch+json; charset=utf-8", row, patch))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"foo":"bar"}             | [{"op":"add","path":"/baz","value":"qux"}]            | {"foo":"bar","baz":"qux"}
                    {"foo":["bar","baz"]}     | [{"op":"add","path":"/foo/1","value":"qux"}]          | {"foo":["bar","qux","baz"]}
                    {"baz":"qux","foo":"bar"} | [{"op":"remove","path":"/baz"}]                       | {"foo":"bar"}
                    {"foo":["bar","qux","baz"]} | [{"op":"remove","path":"/foo/1"}]                   | {"foo":["bar","baz"]}
                    {"baz":"qux","foo":"bar"} | [{"op":"replace","path":"/baz","value":"boo"}]        | {"baz":"boo","foo":"bar"}
                    {"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}} | [{"op":"move","from":"/foo/waldo","path":"/qux/thud"}] | {"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}
                    {"foo":["all","grass","cows","eat"]} | [{"op":"move","from":"/foo/1","path":"/foo/3"}] | {"foo":["all","cows","eat","grass"]}
                    {"baz":"qux","foo":["a",2,"c"]} | [{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2.0}] | {"baz":"qux","foo":["a",2,"c"]}
                    {"foo":"bar"}             | [{"op":"add","path":"/child","value":{"grandchild":{}}}] | {"foo":"bar","child":{"grandchild":{}}}
                    {"foo":"bar"}             | [{"op":"add","path":"/baz","value":"qux","xyz":123}]  | {"foo":"bar","baz":"qux"}
                    {"/":9,"~1":10}           | [{"op":"test","path":"/~01","value":10}]              | {"/":9,"~1":10}
                    {"foo":["bar"]}           | [{"op":"add","path":"/foo/-","value":["abc","def"]}]  | {"foo":["bar",["abc","def"]]}
                    {"a":{"b":[1]}}           | [{"op":"copy","from":"/a","path":"/c"},{"op":"add","path":"/c/b/0","value":0}] | {"a":{"b":[1]},"c":{"b":[0,1]}}
                    {"a":1}                   | [{"op":"replace","path":"","value":{"b":2}}]          | {"b":2}
                    {"a":1}                   | []                                                    | {"a":1}
                    """)
    void a_json_patch_does_what_the_examples_of_rfc_6902_say(String row, String patch, String expected) {
        assertThat(patched("application/json-patch+json", row, patch)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    application/json-patch+json | {"baz":"qux"} | [{"op":"test","path":"/baz","value":"bar"}]       | PRECONDITION
                    application/json-patch+json | {"/":9}       | [{"op":"test","path":"/~1","value":"9"}]          | PRECONDITION
                    application/json-patch+json | {"foo":"bar"} | [{"op":"add","path":"/baz/bat","value":"qux"}]    | INVALID
                    application/json-patch+json | {"a":[1]}     | [{"op":"add","path":"/a/2","value":3}]            | INVALID
                    application/json-patch+json | {"a":[1]}     | [{"op":"add","path":"/a/01","value":3}]           | INVALID
                    application/json-patch+json | {"a":[1]}     | [{"op":"remove","path":"/a/-"}]                   | INVALID
                    application/json-patch+json | {"a":1}       | [{"op":"remove","path":""}]                       | INVALID
                    application/json-patch+json | {"a":1}       | [{"op":"replace","path":"","value":[1]}]          | INVALID
                    application/json-patch+json | {"a":{"b":1}} | [{"op":"move","from":"/a","path":"/a/b/c"}]       | INVALID
                    application/json-patch+json | {"a":1}       | [{"op":"multiply","path":"/a","value":2}]         | INVALID
                    application/json-patch+json | {"a":1}       | [{"op":"add","path":"/a"}]                        | INVALID
                    application/json-patch+json | {"a":1}       | [{"op":"add","path":"a","value":1}]               | INVALID
                    application/json-patch+json | {"a":1}       | {"op":"add","path":"/a","value":1}                | INVALID
                    application/json            | {"a":1}       | [1]                                               | INVALID
                    application/json            | {"a":"x"}     | {"a":{"__op__":"add","value":1}}                  | INVALID
                    application/json            | {"a":1}       | {"a":{"__op__":"add","value":"1"}}                | INVALID
                    application/json            | {"a":1}       | {"a":{"__op__":"push","value":1}}                 | INVALID
                    application/merge-patch+json | {"a":1}      | [1]                                               | INVALID
                    application/json            | {"a":1}       | {"a":                                             | MALFORMED
                    """)
    void a_patch_that_cannot_be_applied_says_why(String mediaType, String row, String patch, Failure.Code code) {
        assertThatThrownBy(() -> patched(mediaType, row, patch)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure.reason()).isNotBlank();
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CodecBodiesTest {

    private final CodecBodies bodies = CodecBodies.standard();

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Body body) {
        return new String(body.bytes(), StandardCharsets.UTF_8);
    }

    @Test
    void json_becomes_cbor_and_messagepack_and_comes_back() {
        Body json = bodies.structured(Bodies.JSON, utf8("{\"id\":\"101\",\"temp\":72.5,\"on\":[true,null]}"));
        Body cbor = json.as(Bodies.CBOR);
        assertThat(HexFormat.of().formatHex(cbor.bytes()))
                .isEqualTo("a3626964633130316474656d70fa42910000626f6e82f5f6");
        assertThat(cbor.structured()).isTrue();
        Body again = bodies.structured(Bodies.CBOR, cbor.bytes()).as(Bodies.MSGPACK);
        Body back = bodies.structured(Bodies.MSGPACK, again.bytes()).as(Bodies.JSON);
        assertThat(text(back)).isEqualTo("{\"id\":\"101\",\"temp\":72.5,\"on\":[true,null]}");
    }

    @Test
    void a_form_is_made_once_and_leads_back_to_the_first_one() {
        Body json = bodies.structured(Bodies.JSON, utf8("[1]"));
        Body cbor = json.as(Bodies.CBOR);
        assertThat(json.as("Application/CBOR; x=y")).isSameAs(cbor);
        assertThat(cbor.as(Bodies.CBOR)).isSameAs(cbor);
        assertThat(json.as(Bodies.JSON)).isSameAs(json);
        assertThat(cbor.value()).isSameAs(json.value()).isEqualTo(List.of(1L));
    }

    @Test
    void a_value_is_a_body_in_every_format() {
        Body body = bodies.of(Map.of("a", 1));
        assertThat(body.mediaType()).isEqualTo(Bodies.CBOR);
        assertThat(HexFormat.of().formatHex(body.bytes())).isEqualTo("a1616101");
        assertThat(text(body.as(Bodies.JSON))).isEqualTo("{\"a\":1}");
        assertThat(body.value()).isEqualTo(Map.of("a", 1));
        assertThat(bodies.of(null).value()).isNull();
        assertThat(text(bodies.of(null).as(Bodies.JSON))).isEqualTo("null");
    }

    @Test
    void opaque_bytes_stay_as_they_came_until_somebody_asks_for_another_format() {
        byte[] bytes = utf8(" {\"a\" : 1}\n");
        Body body = bodies.opaque("application/vnd.acme+json; v=1", bytes);
        assertThat(body.bytes()).isSameAs(bytes);
        assertThat(body.structured()).isFalse();
        assertThat(body.mediaType()).isEqualTo("application/vnd.acme+json; v=1");
        assertThat(body.value()).isEqualTo(Map.of("a", 1L));
        assertThat(HexFormat.of().formatHex(body.as(Bodies.CBOR).bytes())).isEqualTo("a1616101");
    }

    @Test
    void opaque_bytes_without_a_format_cannot_be_read() {
        Body body = bodies.opaque(Body.OPAQUE, new byte[] {1, 2});
        assertThat(body.as(Body.OPAQUE)).isSameAs(body);
        assertRefused(Failure.Code.UNSUPPORTED, () -> body.as(Bodies.JSON));
        assertRefused(Failure.Code.UNSUPPORTED, body::value);
        assertRefused(Failure.Code.UNSUPPORTED, () -> bodies.of(1).as("text/html"));
    }

    @Test
    void bytes_that_only_claim_to_be_json_are_refused_as_json_too() {
        Body body = bodies.opaque(Bodies.JSON, utf8("1\n\ndata: 2"));
        assertRefused(Failure.Code.MALFORMED, () -> body.as(Bodies.JSON));
        assertRefused(Failure.Code.MALFORMED, () -> body.as(Bodies.CBOR));
        assertRefused(
                Failure.Code.MALFORMED,
                () -> bodies.opaque("a/b+json", utf8("{")).as(Bodies.JSON));
    }

    @Test
    void a_broken_body_is_read_once_however_many_ask() {
        CountingCodec codec = new CountingCodec();
        bodies.addCodec(codec);
        Body body = bodies.opaque("text/broken", utf8("x"));
        for (int i = 0; i < 3; i++) {
            assertRefused(Failure.Code.MALFORMED, body::value);
        }
        assertThat(codec.decoded).isEqualTo(1);
    }

    @Test
    void formats_come_and_go() {
        CountingCodec codec = new CountingCodec();
        assertThat(bodies.codec("text/broken")).isEmpty();
        bodies.addCodec(codec);
        bodies.addCodec(codec);
        assertThat(bodies.codec("TEXT/Broken;a=b")).containsSame(codec);
        assertThat(bodies.mediaTypes()).contains("text/broken", Bodies.JSON);
        assertThat(text(bodies.of(5).as("text/broken"))).isEqualTo("5");
        bodies.removeCodec(codec);
        assertThat(bodies.codec("text/broken")).isEmpty();
        assertRefused(Failure.Code.UNSUPPORTED, () -> bodies.of(5).as("text/broken"));
    }

    private static void assertRefused(Failure.Code code, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    private static final class CountingCodec implements Codec {
        private int decoded;

        @Override
        public Set<String> mediaTypes() {
            return Set.of("text/broken");
        }

        @Override
        public Object decode(byte[] bytes) throws IOException {
            decoded++;
            throw new IOException("broken");
        }

        @Override
        public byte[] encode(Object value) {
            return utf8(String.valueOf(value));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class LimitsTest {

    private static Limits.Config config(Map<String, Object> given) {
        return (Limits.Config) Proxy.newProxyInstance(
                Limits.class.getClassLoader(),
                new Class<?>[] {Limits.Config.class},
                (proxy, method, arguments) -> given.getOrDefault(method.getName(), method.getDefaultValue()));
    }

    private static Failure refused(Runnable call) {
        Throwable thrown = catchThrowable(call::run);
        assertThat(thrown).isInstanceOf(Failure.class);
        return (Failure) thrown;
    }

    private static Object nested(int depth) {
        Object value = 1L;
        for (int i = 0; i < depth; i++) {
            value = i % 2 == 0 ? List.of(value) : Map.of("a", value);
        }
        return value;
    }

    @Test
    void the_components_are_made_from_a_configuration_and_wired_in_plain_java() {
        Limits.Config config = config(Map.of("depth", 3));
        CodecBodies bodies =
                new CodecBodies(new JsonCodec(config), new CborCodec(config), new MessagePackCodec(config));
        bodies.addCodec(new NdjsonCodec(config));
        bodies.addCodec(new CsvCodec(config));
        bodies.addCodec(new FormCodec(config));
        assertThat(bodies.of(nested(3)).as(Bodies.JSON).bytes()).asString().isEqualTo("[{\"a\":[1]}]");
        assertThat(refused(() -> bodies.of(nested(4)).as(Bodies.JSON)).code()).isEqualTo(Failure.Code.TOO_LARGE);
        assertThat(bodies.mediaTypes())
                .startsWith(Bodies.JSON, "text/json", Bodies.CBOR, Bodies.MSGPACK)
                .contains("text/csv", "application/x-ndjson", "application/x-www-form-urlencoded");
        assertThat(Limits.of(config(Map.of()))).isEqualTo(Limits.DEFAULT);
    }

    @Test
    void a_limit_out_of_range_is_named() {
        for (String key : List.of("depth", "size", "digits", "text", "key", "elements")) {
            assertThatThrownBy(() -> new JsonCodec(config(Map.of(key, 0))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(key);
        }
    }

    @Test
    void what_cannot_be_read_is_not_written_either() {
        for (Format format : List.<Format>of(new JsonCodec(), new CborCodec(), new MessagePackCodec())) {
            List<Object> itself = new ArrayList<>();
            itself.add(itself);
            assertThat(refused(() -> format.encode(itself)).code()).isEqualTo(Failure.Code.TOO_LARGE);
            assertThat(refused(() -> format.encode(Double.NaN)).code()).isEqualTo(Failure.Code.MALFORMED);
            assertThat(refused(() -> format.encode(Float.NEGATIVE_INFINITY)).code())
                    .isEqualTo(Failure.Code.MALFORMED);
            assertThat(refused(() -> format.encode("a\uD800")).code()).isEqualTo(Failure.Code.MALFORMED);
            assertThat(refused(() -> format.encode(Map.of("\uDC00", 1))).code()).isEqualTo(Failure.Code.MALFORMED);
            assertThat(refused(() -> format.encode(BigInteger.ONE.shiftLeft(1 << 20)))
                            .code())
                    .isEqualTo(Failure.Code.TOO_LARGE);
            assertThat(refused(() -> format.encode(new BigDecimal("1e999999999")))
                            .code())
                    .isEqualTo(Failure.Code.TOO_LARGE);
            assertThatThrownBy(() -> format.encode(new Object())).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> format.encode(Map.of(1, 2))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void the_deepest_body_that_can_be_configured_fits_three_quarters_of_an_ordinary_stack()
            throws InterruptedException {
        Limits deep = new Limits(1_000, 1 << 20, 1_000, 1_000, 1_000, 10_000);
        Object value = nested(1_000);
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    for (Format format :
                            List.<Format>of(new JsonCodec(deep), new CborCodec(deep), new MessagePackCodec(deep))) {
                        format.read(format.encode(value), new CheckSink());
                    }
                },
                "three quarters of a stack",
                768 << 10);
        thread.setUncaughtExceptionHandler((where, failure) -> failed.set(failure));
        thread.start();
        thread.join();
        assertThat(failed.get()).isNull();
    }
}

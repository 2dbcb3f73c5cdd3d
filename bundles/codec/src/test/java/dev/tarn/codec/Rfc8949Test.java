// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples of RFC 8949 appendix A that have a value here, as the JSON that they become. */
class Rfc8949Test {

    private final CborCodec cbor = new CborCodec();
    private final JsonCodec json = new JsonCodec();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    00 | 0
                    01 | 1
                    0a | 10
                    17 | 23
                    1818 | 24
                    1819 | 25
                    1864 | 100
                    1903e8 | 1000
                    1a000f4240 | 1000000
                    1b000000e8d4a51000 | 1000000000000
                    1bffffffffffffffff | 18446744073709551615
                    c249010000000000000000 | 18446744073709551616
                    3bffffffffffffffff | -18446744073709551616
                    c349010000000000000000 | -18446744073709551617
                    20 | -1
                    29 | -10
                    3863 | -100
                    3903e7 | -1000
                    f90000 | 0.0
                    f98000 | -0.0
                    f93c00 | 1.0
                    fb3ff199999999999a | 1.1
                    f93e00 | 1.5
                    f97bff | 65504.0
                    fa47c35000 | 100000.0
                    fa7f7fffff | 3.4028234663852886E38
                    fb7e37e43c8800759c | 1.0E300
                    f90001 | 5.960464477539063E-8
                    f90400 | 6.103515625E-5
                    f9c400 | -4.0
                    fbc010666666666666 | -4.1
                    f4 | false
                    f5 | true
                    f6 | null
                    c074323031332d30332d32315432303a30343a30305a | "2013-03-21T20:04:00Z"
                    c11a514b67b0 | "2013-03-21T20:04:00Z"
                    c1fb41d452d9ec200000 | "2013-03-21T20:04:00.500Z"
                    d74401020304 | "AQIDBA=="
                    d818456449455446 | "ZElFVEY="
                    d82076687474703a2f2f7777772e6578616d706c652e636f6d | "http://www.example.com"
                    40 | ""
                    4401020304 | "AQIDBA=="
                    60 | ""
                    6161 | "a"
                    6449455446 | "IETF"
                    62225c | "\\"\\\\"
                    62c3bc | "ü"
                    63e6b0b4 | "水"
                    64f0908591 | "\uD800\uDD51"
                    80 | []
                    83010203 | [1,2,3]
                    8301820203820405 | [1,[2,3],[4,5]]
                    98190102030405060708090a0b0c0d0e0f101112131415161718181819 | [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25]
                    a0 | {}
                    a26161016162820203 | {"a":1,"b":[2,3]}
                    826161a161626163 | ["a",{"b":"c"}]
                    a56161614161626142616361436164614461656145 | {"a":"A","b":"B","c":"C","d":"D","e":"E"}
                    5f42010243030405ff | "AQIDBAU="
                    7f657374726561646d696e67ff | "streaming"
                    9fff | []
                    9f018202039f0405ffff | [1,[2,3],[4,5]]
                    9f01820203820405ff | [1,[2,3],[4,5]]
                    83018202039f0405ff | [1,[2,3],[4,5]]
                    83019f0203ff820405 | [1,[2,3],[4,5]]
                    bf61610161629f0203ffff | {"a":1,"b":[2,3]}
                    826161bf61626163ff | ["a",{"b":"c"}]
                    bf6346756ef563416d7421ff | {"Fun":true,"Amt":-2}
                    c48221196ab3 | 273.15
                    d9d9f783010203 | [1,2,3]
                    """)
    void an_example_becomes_this_json(String hex, String expected) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        Format.Writer writer = json.writer(16);
        cbor.read(bytes, writer);
        assertThat(new String(writer.finish(), StandardCharsets.UTF_8)).isEqualTo(expected);
        assertThat(new String(json.encode(cbor.decode(bytes)), StandardCharsets.UTF_8))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    0 | 00
                    23 | 17
                    24 | 1818
                    65536 | 1a00010000
                    1000000000000 | 1b000000e8d4a51000
                    18446744073709551615 | 1bffffffffffffffff
                    18446744073709551616 | c249010000000000000000
                    -18446744073709551616 | 3bffffffffffffffff
                    -18446744073709551617 | c349010000000000000000
                    -1 | 20
                    -100 | 3863
                    1.1 | fb3ff199999999999a
                    1.5 | fa3fc00000
                    "ü" | 62c3bc
                    [1,[2,3],{"a":null}] | 8301820203a16161f6
                    1.00000000000000000001 | c48233c249056bc75e2d63100001
                    """)
    void json_becomes_the_shortest_form(String text, String expected) {
        Format.Writer writer = cbor.writer(16);
        json.read(text.getBytes(StandardCharsets.UTF_8), writer);
        assertThat(HexFormat.of().formatHex(writer.finish())).isEqualTo(expected);
        List<Object> wrapped = java.util.Collections.singletonList(json.decode(text.getBytes(StandardCharsets.UTF_8)));
        assertThat(HexFormat.of().formatHex(cbor.encode(wrapped))).isEqualTo("81" + expected);
    }
}

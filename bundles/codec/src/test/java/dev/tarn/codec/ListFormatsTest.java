// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of objects as lines of JSON and as CSV, and forms. */
class ListFormatsTest {

    private static final Limits SMALL = new Limits(4, 1_000, 20, 50, 20, 30);

    private final NdjsonCodec ndjson = new NdjsonCodec();
    private final CsvCodec csv = new CsvCodec();
    private final FormCodec form = new FormCodec();

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void assertRefused(Codec codec, byte[] bytes, Failure.Code code, String says) {
        Throwable thrown = catchThrowable(() -> codec.decode(bytes));
        assertThat(thrown).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure.reason()).contains(says);
        });
    }

    @Test
    void a_list_is_lines_of_json() {
        List<Object> list = Arrays.asList(Map.of("a", 1L), "x\ny", null, List.of(1L, 2L));
        byte[] lines = ndjson.encode(list);
        assertThat(text(lines)).isEqualTo("{\"a\":1}\n\"x\\ny\"\nnull\n[1,2]\n");
        assertThat(ndjson.decode(lines)).isEqualTo(list);
        assertThat(ndjson.decode(utf8("\n1\r\n \t\n2"))).isEqualTo(List.of(1L, 2L));
        assertThat(ndjson.decode(new byte[0])).isEmpty();
        assertThat(text(ndjson.encode(Map.of()))).isEqualTo("{}\n");
    }

    @Test
    void a_bad_line_is_named() {
        assertRefused(ndjson, utf8("{}\n\n{\"a\":}\n"), Failure.Code.MALFORMED, "in line 3 of the list: ");
        assertRefused(ndjson, utf8("1 2\n"), Failure.Code.MALFORMED, "in line 1");
        assertRefused(new NdjsonCodec(SMALL), utf8("1\n".repeat(31)), Failure.Code.TOO_LARGE, "in line 31");
        assertRefused(new NdjsonCodec(SMALL), utf8("[1,1,1,1]\n".repeat(7)), Failure.Code.TOO_LARGE, "in line 7");
        assertRefused(new NdjsonCodec(SMALL), utf8("[[[[[1]]]]]"), Failure.Code.TOO_LARGE, "in line 1");
        assertRefused(new NdjsonCodec(SMALL), new byte[1_001], Failure.Code.TOO_LARGE, "1000");
    }

    @Test
    void a_list_of_objects_is_csv_with_every_column_of_any_of_them() {
        Map<String, Object> first = new LinkedHashMap<>();
        first.put("id", "101");
        first.put("temp", 72.5);
        first.put("note", "a \"b\", c");
        first.put("none", null);
        Map<String, Object> second = new LinkedHashMap<>();
        second.put("id", 7L);
        second.put("tags", List.of("x", 1L));
        second.put("at", Instant.parse("2026-11-21T03:00:00Z"));
        second.put("raw", new byte[] {1, 2, 3});
        assertThat(text(csv.encode(List.of(first, second)))).isEqualTo("""
                        id,temp,note,none,tags,at,raw
                        101,72.5,"a ""b"", c",,,,
                        7,,,,"[""x"",1]",2026-11-21T03:00:00Z,AQID
                        """.replace("\n", "\r\n"));
        assertThat(text(csv.encode(List.of("a", -1.5, new BigDecimal("1E+400")))))
                .isEqualTo("value\r\na\r\n-1.5\r\n1E+400\r\n");
        assertThat(text(csv.encode(Map.of("a", 1)))).isEqualTo("a\r\n1\r\n");
    }

    @Test
    void csv_that_was_written_is_read_as_text() {
        List<Map<String, Object>> rows = List.of(
                Map.of("text", "line 1\nline 2\r\n\"quoted\", ü € \uD83D\uDE00"),
                Map.of("text", ""),
                Map.of("text", " spaces "),
                Map.of("text", "5"));
        assertThat(csv.decode(csv.encode(rows))).isEqualTo(rows);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1+1",
                "=cmd|' /C calc'!A0",
                "+1",
                "-1+1",
                "@SUM(A1)",
                "\t=1",
                "\r=1",
                "\n=1",
                "＝1+1",
                "＋1",
                "－1",
                "＠x"
            })
    void a_text_that_a_spreadsheet_would_run_is_disarmed(String evil) {
        String written = text(csv.encode(List.of(Map.of("a", evil))));
        assertThat(written).containsPattern("\r\n\"?'");
        String header = text(csv.encode(List.of(Map.of(evil, "a"))));
        assertThat(header).matches("(?s)\"?'.*");
        assertThat(csv.decode(utf8(written))).isEqualTo(List.of(Map.of("a", "'" + evil)));
    }

    @Test
    void base64_that_begins_like_a_formula_is_disarmed_and_negative_numbers_stay_numbers() {
        assertThat(text(csv.encode(List.of(new byte[] {(byte) 0xF8, 0, 0})))).isEqualTo("value\r\n'+AAA\r\n");
        assertThat(text(csv.encode(List.of(-5L)))).isEqualTo("value\r\n-5\r\n");
    }

    @Test
    void csv_of_others_is_read() {
        assertThat(csv.decode(utf8("\uFEFFid,temp\n1,\n\n2,\"\"\r\n3,x")))
                .isEqualTo(List.of(Map.of("id", "1"), Map.of("id", "2", "temp", ""), Map.of("id", "3", "temp", "x")));
        assertThat(csv.decode(new byte[0])).isEmpty();
        assertThat(csv.decode(utf8("a,b\r\n"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    a,b~1 | 1 fields where the header has 2, in line 2
                    a~1,2 | 2 fields where the header has 1, in line 2
                    a,a~1,2 | the column "a" comes twice
                    a,,b~1,2,3 | a column without a name
                    a~"x | not closed, from line 2
                    a~"x"y | after its closing quote, in line 2
                    a~x"y | a quote within a field without quotes, in line 2
                    a~" | not closed
                    """)
    void bad_csv_is_refused_with_its_line(String lines, String says) {
        assertRefused(csv, utf8(lines.replace('~', '\n')), Failure.Code.MALFORMED, says);
    }

    @Test
    void csv_has_limits() {
        CsvCodec small = new CsvCodec(SMALL);
        assertRefused(csv, new byte[] {'a', '\n', (byte) 0xFC}, Failure.Code.MALFORMED, "UTF-8, at byte 2");
        assertRefused(small, utf8("a\n" + "1\n".repeat(30)), Failure.Code.TOO_LARGE, "30 fields");
        assertRefused(small, utf8("a\n" + "x".repeat(51)), Failure.Code.TOO_LARGE, "50 bytes");
        assertRefused(small, new byte[1_001], Failure.Code.TOO_LARGE, "1000");
    }

    @Test
    void a_form_is_an_object_of_texts() {
        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("a b", "1 & 2=3");
        expected.put("c", List.of("ü", ""));
        expected.put("d", "");
        byte[] written = form.encode(expected);
        assertThat(text(written)).isEqualTo("a+b=1+%26+2%3D3&c=%C3%BC&c=&d=");
        assertThat(form.decode(written)).isEqualTo(expected);
        assertThat(form.decode(utf8("&a=%20+&&b"))).isEqualTo(Map.of("a", "  ", "b", ""));
        assertThat(form.decode(new byte[0])).isEmpty();
        assertThat(text(form.encode(Map.of("n", 1.5)))).isEqualTo("n=1.5");
    }

    @Test
    void a_bad_form_is_refused() {
        assertRefused(form, utf8("a=%4"), Failure.Code.MALFORMED, "at byte 2");
        assertRefused(form, utf8("a=%zz"), Failure.Code.MALFORMED, "at byte 2");
        assertRefused(form, utf8("a=%FF"), Failure.Code.MALFORMED, "UTF-8");
        assertRefused(
                form, new byte[] {'a', '=', (byte) 0xED, (byte) 0xA0, (byte) 0x80}, Failure.Code.MALFORMED, "UTF-8");
        assertRefused(new FormCodec(SMALL), utf8("&a".repeat(31)), Failure.Code.TOO_LARGE, "30 fields");
        assertRefused(new FormCodec(SMALL), utf8("x".repeat(21)), Failure.Code.TOO_LARGE, "20 bytes");
        assertThat(catchThrowable(() -> form.encode(List.of()))).isInstanceOf(Failure.class);
    }

    @Test
    void bodies_go_to_and_from_these_formats() throws IOException {
        Bodies bodies = CodecBodies.standard();
        Body json = bodies.structured(Bodies.JSON, utf8("[{\"id\":1},{\"id\":2}]"));
        assertThat(text(json.as("text/csv").bytes())).isEqualTo("id\r\n1\r\n2\r\n");
        assertThat(text(json.as("application/x-ndjson").bytes())).isEqualTo("{\"id\":1}\n{\"id\":2}\n");
        Body lines = bodies.opaque("application/x-ndjson", utf8("{\"id\":1}\n{\"id\":2}\n"));
        assertThat(text(lines.as(Bodies.JSON).bytes())).isEqualTo("[{\"id\":1},{\"id\":2}]");
        Body sent = bodies.opaque("application/x-www-form-urlencoded; charset=utf-8", utf8("temp=72.5"));
        assertThat(text(sent.as(Bodies.JSON).bytes())).isEqualTo("{\"temp\":\"72.5\"}");
        assertThat(bodies.codec("text/csv; header=present").orElseThrow().decode(utf8("a\n1\n")))
                .isEqualTo(List.of(Map.of("a", "1")));
    }
}

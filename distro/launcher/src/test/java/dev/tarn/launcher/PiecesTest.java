// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.tarn.launcher.Pieces.Form;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PiecesTest {
    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("rows"), text);
    }

    private static List<String> all(Pieces pieces) throws IOException {
        List<String> all = new ArrayList<>();
        for (byte[] piece = pieces.next(); piece != null; piece = pieces.next()) {
            all.add(new String(piece, StandardCharsets.UTF_8));
        }
        return all;
    }

    private List<String> cut(Form form, String text) throws IOException {
        try (Pieces pieces = new Pieces(file(text), form)) {
            return all(pieces);
        }
    }

    @Test
    void lines_are_rows_and_empty_ones_are_not() throws Exception {
        assertThat(cut(Form.NDJSON, "{\"a\":1}\n\n{\"a\":\"ü\\n\"}\r\n  \n{}"))
                .containsExactly("{\"a\":1}", "{\"a\":\"ü\\n\"}\r", "{}");
        assertThat(cut(Form.NDJSON, "")).isEmpty();
    }

    @Test
    void elements_of_an_array_are_rows_whatever_is_in_them() throws Exception {
        assertThat(cut(Form.JSON, " [ {\"a\":[1,{\"b\":\"]}\\\"\"}]} ,\n{\"c\":\"[\"}\n] "))
                .containsExactly("{\"a\":[1,{\"b\":\"]}\\\"\"}]}", "{\"c\":\"[\"}");
        assertThat(cut(Form.JSON, "[]")).isEmpty();
        assertThatIOException().isThrownBy(() -> cut(Form.JSON, "{}")).withMessageContaining("begin with [");
        assertThatIOException().isThrownBy(() -> cut(Form.JSON, "[{},{")).withMessageContaining("does not end");
        assertThatIOException().isThrownBy(() -> cut(Form.JSON, "[{}")).withMessageContaining("does not end");
    }

    @Test
    void a_record_of_csv_goes_on_over_lines_within_quotes() throws Exception {
        assertThat(cut(Form.CSV, "id,text\n1,\"a\nb\"\"\n\"\n2,c\n"))
                .containsExactly("id,text", "1,\"a\nb\"\"\n\"", "2,c");
    }

    @Test
    void it_goes_on_where_it_was() throws Exception {
        for (Form form : new Form[] {Form.NDJSON, Form.JSON}) {
            Path file =
                    file(form == Form.JSON ? "[{\"a\":1},{\"a\":2}, {\"a\":3}]" : "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
            try (Pieces first = new Pieces(file, form);
                    Pieces second = new Pieces(file, form)) {
                first.next();
                second.skip(first.position());
                assertThat(all(second)).containsExactly("{\"a\":2}", "{\"a\":3}");
            }
        }
    }
}

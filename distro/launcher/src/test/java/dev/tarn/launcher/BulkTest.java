// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a server that takes what it is sent and gives pages of rows, until it is told to refuse. */
class BulkTest {
    @TempDir
    Path folder;

    private final List<String> taken = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private HttpServer server;
    private int goodAnswers = Integer.MAX_VALUE;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/Things/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            boolean good = goodAnswers-- > 0;
            byte[] answer = "{\"detail\":\"not now\"}".getBytes(StandardCharsets.UTF_8);
            if (good && exchange.getRequestMethod().equals("PUT")) {
                taken.add(new String(body, StandardCharsets.UTF_8));
                answer = new byte[0];
            } else if (good) {
                String query = exchange.getRequestURI().getQuery();
                asked.add(query);
                int page = query.contains("after(") ? query.charAt(query.indexOf("after(") + 6) - '0' : 0;
                answer = ("{\"page\":" + page + "}\n").getBytes(StandardCharsets.UTF_8);
                if (page < 2) {
                    exchange.getResponseHeaders().add("Link", "<?limit(1000)&after(" + (page + 1) + ")>; rel=\"next\"");
                }
            }
            exchange.sendResponseHeaders(good ? 200 : 422, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String run(String words) throws Exception {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        List<String> all = new ArrayList<>(List.of(words.split(" ")));
        all.addAll(List.of("--url", url, "--data", folder.toString()));
        new Bulk(all, new PrintStream(told, true, StandardCharsets.UTF_8), false).run(new Image(folder));
        return told.toString(StandardCharsets.UTF_8);
    }

    private Path rows(int count) throws IOException {
        return Files.writeString(
                folder.resolve("rows.ndjson"),
                IntStream.range(0, count).mapToObj(i -> "{\"id\":" + i + "}\n").collect(Collectors.joining()));
    }

    @Test
    void rows_go_in_in_batches() throws Exception {
        assertThat(run("import Things " + rows(2_500))).contains("2500 rows");
        assertThat(taken).hasSize(3);
        assertThat(taken.get(0)).startsWith("[{\"id\":0},{\"id\":1}").endsWith("{\"id\":999}]");
        assertThat(taken.get(2)).endsWith("{\"id\":2499}]");
        assertThat(folder.resolve("rows.ndjson.tarn-import")).doesNotExist();
    }

    @Test
    void an_import_that_was_stopped_goes_on() throws Exception {
        Path rows = rows(2_500);
        goodAnswers = 2;
        assertThatThrownBy(() -> run("import Things " + rows))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("rows 2001 to 2500: not now");
        assertThat(folder.resolve("rows.ndjson.tarn-import")).exists();
        goodAnswers = Integer.MAX_VALUE;
        assertThat(run("import Things " + rows)).contains("going on behind row 2000", "2500 rows");
        assertThat(taken).hasSize(3);
        assertThat(taken.get(2)).startsWith("[{\"id\":2000}");
    }

    @Test
    void an_import_does_not_go_on_in_another_file() throws Exception {
        Path rows = rows(2_500);
        goodAnswers = 2;
        assertThatThrownBy(() -> run("import Things " + rows)).isInstanceOf(Refusal.class);
        rows(2_600);
        assertThatThrownBy(() -> run("import Things " + rows)).hasMessageContaining("another run");
    }

    @Test
    void records_of_csv_go_in_with_their_header() throws Exception {
        Path file = Files.writeString(folder.resolve("rows.csv"), "id,a\n1,x\n2,\"y\nz\"\n");
        run("import Things " + file);
        assertThat(taken).containsExactly("id,a\n1,x\n2,\"y\nz\"\n");
    }

    @Test
    void pages_come_out_as_one_file_and_an_export_that_was_stopped_goes_on() throws Exception {
        Path file = folder.resolve("out.json");
        goodAnswers = 2;
        assertThatThrownBy(() -> run("export Things " + file)).hasMessageContaining("not now");
        // A piece that was written behind the last page.
        Files.writeString(file, Files.readString(file) + "half a ro");
        goodAnswers = Integer.MAX_VALUE;
        assertThat(run("export Things " + file)).contains("going on behind row 2", "3 rows");
        assertThat(file).hasContent("[{\"page\":0},\n{\"page\":1},\n{\"page\":2}\n]");
        assertThat(asked).containsExactly("limit(1000)", "limit(1000)&after(1)", "limit(1000)&after(2)");
        assertThatThrownBy(() -> run("export Things " + file)).hasMessageContaining("there already");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "import Things                        | tarn import TABLE FILE",
                "import Things rows.xml               | the format is",
                "export Things rows.csv --query sort(a) | no limit, sort or aggregate",
                "import Things none.csv               | none.csv"
            })
    void what_cannot_be_done_is_refused_with_the_reason(String words, String told) {
        assertThatThrownBy(() -> run(words)).isInstanceOf(Refusal.class).hasMessageContaining(told);
    }

    @Test
    void a_bar_tells_how_far_it_is() {
        Progress progress = new Progress(System.out, false);
        assertThat(progress.line(1_200, 50, 100, System.nanoTime()))
                .startsWith("[############------------]  50 %  1,200 rows, ");
    }
}

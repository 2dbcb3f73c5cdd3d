// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import dev.tarn.launcher.Pieces.Form;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * {@code tarn import} and {@code tarn export}: rows of a table from and to a file, over HTTP, in batches. How far it came
 * is in a file beside: the same command goes on from there. Rows are put, so one that was sent twice is there once.
 */
final class Bulk {
    static final Set<String> COMMANDS = Set.of("import", "export");

    private static final int BATCH_ROWS = 1_000;
    private static final int BATCH_BYTES = 1 << 20;
    private static final int ATTEMPTS = 6;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern NEXT = Pattern.compile("<\\?([^>]*)>;\\s*rel=\"next\"");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final PrintStream told;
    private final boolean watched;
    private final Map<String, String> options = new LinkedHashMap<>();
    private final List<String> plain = new ArrayList<>();
    private final List<String> common = new ArrayList<>(List.of("start"));

    /** Where a run left off: place in the file, rows so far, and what comes next. */
    private record Mark(long position, long rows, String next) {}

    /**
     * Reads the command line after {@code tarn}. Fails with a {@link Refusal}.
     *
     * @param told where progress is told
     * @param watched whether a person looks at it
     */
    Bulk(List<String> words, PrintStream told, boolean watched) {
        this.told = told;
        this.watched = watched;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (Set.of("--url", "--user", "--data", "--conf", "--format", "--query")
                    .contains(word)) {
                if (i + 1 == words.size()) {
                    throw Refusal.usage(word + " wants a value");
                }
                i++;
                if (word.equals("--data") || word.equals("--conf")) {
                    common.addAll(List.of(word, words.get(i)));
                } else {
                    options.put(word, words.get(i));
                }
            } else if (word.startsWith("--")) {
                throw Refusal.usage("unknown option '" + word + "'; 'tarn help' lists what there is");
            } else {
                plain.add(word);
            }
        }
        if (plain.size() != 3) {
            throw Refusal.usage("tarn " + plain.get(0) + " TABLE FILE [--format ndjson|json|csv]"
                    + (plain.get(0).equals("export") ? " [--query QUERY]" : ""));
        }
    }

    /** Runs it; what a half is left of can be run again. Fails with a {@link Refusal}. */
    void run(Image image) throws InterruptedException {
        Path data = Launch.data(Arguments.of(common), image);
        Address address = new Address(options.get("--url"), options.get("--user"));
        URI table = URI.create(address.of(data, "http") + "/" + escaped(plain.get(1)) + "/");
        Path file = Path.of(plain.get(2));
        Form form = form();
        try {
            if (plain.get(0).equals("import")) {
                in(table, file, form, address.authorization(data));
            } else {
                out(table, file, form, address.authorization(data));
            }
        } catch (IOException failed) {
            throw Refusal.failed(file + ": " + Cause.line(failed));
        }
    }

    private static String escaped(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Form form() {
        String said = options.get("--format");
        Form form = Form.of(said == null ? plain.get(2) : "." + said);
        if (form == null) {
            throw Refusal.usage("the format is that of a file's name, .ndjson, .json or .csv, or of --format");
        }
        return form;
    }

    // In

    private void in(URI table, Path file, Form form, Optional<String> who) throws IOException, InterruptedException {
        long size = Files.size(file);
        String subject =
                table + " " + size + " " + Files.getLastModifiedTime(file).toMillis();
        Path beside = file.resolveSibling(file.getFileName() + ".tarn-import");
        Mark mark = Optional.ofNullable(resumed(beside, subject)).orElse(new Mark(0, 0, ""));
        long rows = mark.rows();
        if (rows > 0) {
            told.println("going on behind row " + rows);
        }
        Progress progress = new Progress(told, watched);
        String type = form == Form.CSV ? "text/csv" : "application/json";
        try (Pieces pieces = new Pieces(file, form)) {
            byte[] header = form == Form.CSV ? pieces.next() : null;
            if (mark.position() > 0) {
                pieces.skip(mark.position());
            }
            while (true) {
                ByteArrayOutputStream batch = new ByteArrayOutputStream(BATCH_BYTES + (64 << 10));
                int count = fill(batch, pieces, header);
                if (count == 0) {
                    break;
                }
                HttpRequest.Builder request = HttpRequest.newBuilder(table)
                        .header("Content-Type", type)
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(batch.toByteArray()));
                String where = "rows " + (rows + 1) + " to " + (rows + count);
                send(request, who, HttpResponse.BodyHandlers.ofString(), where);
                rows += count;
                write(beside, subject, new Mark(pieces.position(), rows, ""));
                progress.at(rows, pieces.position(), size);
            }
        }
        Files.deleteIfExists(beside);
        progress.end();
        told.println(rows + " rows from " + file);
    }

    private static int fill(ByteArrayOutputStream batch, Pieces pieces, byte @Nullable [] header) throws IOException {
        if (header != null) {
            batch.write(header);
            batch.write('\n');
        }
        int count = 0;
        while (count < BATCH_ROWS && batch.size() < BATCH_BYTES) {
            byte[] row = pieces.next();
            if (row == null) {
                break;
            }
            if (header == null) {
                batch.write(count == 0 ? '[' : ',');
            }
            batch.write(row);
            if (header != null) {
                batch.write('\n');
            }
            count++;
        }
        if (header == null && count > 0) {
            batch.write(']');
        }
        return count;
    }

    // Out

    private void out(URI table, Path file, Form form, Optional<String> who) throws IOException, InterruptedException {
        String query = options.getOrDefault("--query", "");
        if (Pattern.compile("(^|&)(limit|after|sort|aggregate|group)\\(")
                .matcher(query)
                .find()) {
            throw Refusal.usage("an export goes through all rows in order of their ids: no limit, sort or aggregate");
        }
        String subject = table + " " + form + " " + query;
        Path beside = file.resolveSibling(file.getFileName() + ".tarn-export");
        Mark mark = resumed(beside, subject);
        if (mark == null && Files.exists(file)) {
            throw Refusal.failed(file + " is there already");
        }
        Mark at = mark == null ? new Mark(0, 0, first(table, query, form, who)) : mark;
        if (at.rows() > 0) {
            told.println("going on behind row " + at.rows());
        }
        Progress progress = new Progress(told, watched);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                OutputStream to = Channels.newOutputStream(channel)) {
            // What was written behind the mark is not known to be whole.
            channel.truncate(at.position()).position(at.position());
            while (!at.next().isEmpty()) {
                HttpResponse<byte[]> page = send(
                        HttpRequest.newBuilder(URI.create(table + "?" + at.next()))
                                .header("Accept", form == Form.CSV ? "text/csv" : "application/x-ndjson"),
                        who,
                        HttpResponse.BodyHandlers.ofByteArray(),
                        "the rows behind row " + at.rows());
                long rows = at.rows() + write(to, page.body(), form, at.rows() == 0);
                channel.force(false);
                Matcher next = NEXT.matcher(page.headers().firstValue("Link").orElse(""));
                at = new Mark(channel.position(), rows, next.find() ? next.group(1) : "");
                write(beside, subject, at);
                progress.at(rows, 0, 0);
            }
            if (form == Form.JSON) {
                to.write((at.rows() == 0 ? "[]\n" : "\n]\n").getBytes(StandardCharsets.US_ASCII));
            }
        }
        Files.deleteIfExists(beside);
        progress.end();
        told.println(at.rows() + " rows to " + file);
    }

    /** The first page's query. CSV needs the same columns on each page: those that the table declares. */
    private String first(URI table, String query, Form form, Optional<String> who) throws InterruptedException {
        String paged = (query.isEmpty() ? "" : query + "&") + "limit(" + BATCH_ROWS + ")";
        if (form != Form.CSV || query.contains("select(")) {
            return paged;
        }
        URI described =
                URI.create(table.toString().substring(0, table.toString().length() - 1));
        HttpResponse<String> answer = send(
                HttpRequest.newBuilder(described).header("Accept", "application/json"),
                who,
                HttpResponse.BodyHandlers.ofString(),
                "the description of " + plain.get(1));
        Object told = new Load(LoadSettings.builder().build()).loadFromString(answer.body());
        List<String> names = new ArrayList<>();
        if (told instanceof Map<?, ?> description && description.get("attributes") instanceof List<?> attributes) {
            attributes.forEach(each -> names.add(escaped(String.valueOf(((Map<?, ?>) each).get("name")))));
        }
        if (names.isEmpty()) {
            throw Refusal.failed(plain.get(1) + " declares no attributes to be columns; .ndjson has rows of any kind");
        }
        this.told.println("columns: " + String.join(", ", names) + "; .ndjson also has what is not declared");
        return paged + "&select(" + String.join(",", names) + (names.size() == 1 ? ",)" : ")");
    }

    /** Writes a page of lines; returns how many rows these are. */
    private static long write(OutputStream to, byte[] page, Form form, boolean first) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream(page.length + BATCH_ROWS);
        long rows = 0;
        int from = 0;
        boolean quoted = false;
        for (int i = 0; i < page.length; i++) {
            quoted ^= form == Form.CSV && page[i] == '"';
            if (page[i] != '\n' || quoted) {
                continue;
            }
            boolean header = form == Form.CSV && from == 0;
            if (!header) {
                rows++;
            }
            if (form == Form.JSON) {
                all.writeBytes((first && rows == 1 ? "[" : ",\n").getBytes(StandardCharsets.US_ASCII));
                all.write(page, from, i - from);
            } else if (!header || first) {
                all.write(page, from, i + 1 - from);
            }
            from = i + 1;
        }
        to.write(all.toByteArray());
        return rows;
    }

    // Both

    /** Sends until it is answered; a node that is away or busy for a moment is asked again. */
    private <T> HttpResponse<T> send(
            HttpRequest.Builder request, Optional<String> who, HttpResponse.BodyHandler<T> body, String what)
            throws InterruptedException {
        who.ifPresent(value -> request.setHeader("Authorization", value));
        request.timeout(PATIENCE);
        for (int attempt = 1; ; attempt++) {
            String trouble;
            try {
                HttpResponse<T> answer = client.send(request.build(), body);
                int status = answer.statusCode();
                if (status < 300) {
                    return answer;
                }
                trouble = status == 401
                        ? "not logged in: name a user with --user, his password in TARN_PASSWORD"
                        : detail(answer.body());
                if (status != 503 && status != 429) {
                    throw Refusal.failed(what + ": " + trouble);
                }
            } catch (IOException unreachable) {
                trouble = Cause.line(unreachable);
            }
            if (attempt == ATTEMPTS) {
                throw Refusal.failed(what + ": " + trouble + "; the same command goes on from there");
            }
            TimeUnit.SECONDS.sleep(1L << (attempt - 1));
        }
    }

    private static <T> String detail(T body) {
        return Remote.detail(
                body instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(body));
    }

    private static @Nullable Mark resumed(Path beside, String subject) throws IOException {
        if (!Files.exists(beside)) {
            return null;
        }
        List<String> lines = Files.readAllLines(beside, StandardCharsets.UTF_8);
        if (lines.size() != 4 || !lines.get(0).equals(subject)) {
            throw Refusal.failed(beside + " is of another run, or its file has changed; remove it to begin anew");
        }
        return new Mark(Long.parseLong(lines.get(1)), Long.parseLong(lines.get(2)), lines.get(3));
    }

    private static void write(Path beside, String subject, Mark mark) throws IOException {
        Path draft = beside.resolveSibling(beside.getFileName() + "~");
        Files.write(
                draft,
                List.of(subject, Long.toString(mark.position()), Long.toString(mark.rows()), mark.next()),
                StandardCharsets.UTF_8);
        Files.move(draft, beside, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Recall;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Search;
import dev.tarn.transport.Problem;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** GET and HEAD: a row, one of its properties, the rows of a folder, what a table is. On the exchange's loop. */
final class Reading {
    /** How often a row is read again whose content was replaced meanwhile. */
    private static final int TRIES = 5;

    private static final List<String> DESCRIPTIONS = List.of(Bodies.JSON, Bodies.CBOR, Bodies.MSGPACK);

    private final Resources resources;
    private final Representations representations;
    private final int listLimit;
    private final Executor disk;

    /** @param disk where contents beside rows are read */
    Reading(Resources resources, Representations representations, int listLimit, Executor disk) {
        this.resources = resources;
        this.representations = representations;
        this.listLimit = listLimit;
        this.disk = disk;
    }

    void answer(Call call) {
        answer(call, 0);
    }

    /** @param tries how often a row was read whose content was gone when it was looked for */
    private void answer(Call call, int tries) {
        String format = listFormat(call);
        if (call.folder() || format != null) {
            rows(call, format);
        } else if (call.namesTable() && !call.exchange().query().isEmpty()) {
            // As Harper's pages write it: without the slash.
            rows(call, null);
        } else if (call.namesTable()) {
            describe(call);
        } else {
            Call.noQuery(call.exchange().query(), "a row");
            call.then(
                    get(call, call.path()),
                    found -> found.ifPresentOrElse(row -> row(call, row, tries), () -> missed(call, tries)),
                    failure -> refused(call, failure));
        }
    }

    private CompletionStage<Optional<Row>> get(Call call, Path path) {
        Recall recall = Freshness.recall(call.headers());
        return recall == Recall.USUAL
                ? resources.get(call.exchange().context(), path)
                : resources.get(call.exchange().context(), path, recall);
    }

    /** Where ids are numbers, one with a suffix is no id at all. */
    private void refused(Call call, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        boolean kept = Freshness.recall(call.headers()) == Recall.KEPT;
        if (kept && cause instanceof Failure refusal && refusal.code() == Failure.Code.UNAVAILABLE) {
            // RFC 9111 §5.2.1.7
            call.refuse(HttpResponseStatus.GATEWAY_TIMEOUT, refusal.reason());
            return;
        }
        Table table = call.table();
        boolean suffix = table != null && table.numericIds() && call.text().indexOf('.') >= 0;
        if (suffix && cause instanceof Failure refusal && refusal.code() == Failure.Code.MALFORMED) {
            missed(call, 0);
        } else {
            call.exchange().fail(failure);
        }
    }

    // One row

    /** A row that was asked for in another way. */
    void found(Call call, Row row) {
        row(call, row, 0);
    }

    private void row(Call call, Row row, int tries) {
        Content content = row.body().contents().get(Content.WHOLE);
        if (content == null) {
            row(call, row, (String) null);
            return;
        }
        String own = Media.essence(content.mediaType());
        Accept accept = Accept.of(call.headers().getAll(HttpHeaderNames.ACCEPT));
        String best = Media.choose(accept, List.of(own, Content.REFERENCE));
        if (best == null) {
            call.refuse(
                    HttpResponseStatus.NOT_ACCEPTABLE,
                    "this row is " + Media.sendable(content.mediaType()) + "; what it is can be had as "
                            + Content.REFERENCE);
        } else if (best.equals(own)) {
            content(call, row, content, tries);
        } else {
            row(call, row, Content.REFERENCE);
        }
    }

    private void content(Call call, Row row, Content content, int tries) {
        new Departing(call, row, content, disk).answer(() -> {
            if (tries < TRIES) {
                answer(call, tries + 1);
            } else {
                throw new Failure(Failure.Code.BUSY, "the row is overwritten all the time; try again");
            }
        });
    }

    /** @param suffix the format that the path names, or null for what Accept says */
    private void row(Call call, Row row, @Nullable String suffix) {
        Accept accept = Accept.of(call.headers().getAll(HttpHeaderNames.ACCEPT));
        Representations.Chosen chosen =
                suffix == null ? representations.choose(row.body(), accept) : representations.of(row.body(), suffix);
        if (chosen == null) {
            notAcceptable(call, row.body());
            return;
        }
        boolean worth = chosen.bytes().length >= Coding.LEAST
                && !call.headers().contains(HttpHeaderNames.RANGE)
                && Coding.gains(chosen.mediaType());
        Coding coding = worth ? Coding.chosen(call.headers()) : null;
        String tag = Tag.of(row.version(), coding == null ? chosen.letters() : chosen.letters() + coding.letter());
        Conditions.Answer answer = Conditions.read(call.headers(), row.version(), tag);
        if (answer == Conditions.Answer.FAILED) {
            throw new Failure(Failure.Code.PRECONDITION, "the row is at another version, see its ETag");
        }
        boolean get = call.method().equals(HttpMethod.GET);
        ByteRange range = get && chosen.raw() ? ByteRange.of(call.headers(), chosen.bytes().length, tag) : null;
        if (range != null && !range.exists() && answer == Conditions.Answer.SEND) {
            call.exchange().respond(ByteRange.none(chosen.bytes().length));
            return;
        }
        FullHttpResponse response = answer == Conditions.Answer.NOT_MODIFIED
                ? Call.empty(HttpResponseStatus.NOT_MODIFIED)
                : content(chosen, coding, range);
        HttpHeaders headers = response.headers();
        headers.set(HttpHeaderNames.ETAG, tag)
                .set(HttpHeaderNames.LAST_MODIFIED, Moment.ofVersion(row.version()))
                .set(HttpHeaderNames.VARY, "Accept, Accept-Encoding");
        Freshness.put(headers, row, System.currentTimeMillis());
        if (answer == Conditions.Answer.SEND) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, chosen.mediaType());
            UserProperties.put(headers, row.attributes().properties());
            if (chosen.raw()) {
                headers.set(HttpHeaderNames.ACCEPT_RANGES, "bytes");
                untrusted(headers);
            }
        }
        call.exchange().respond(response);
    }

    /** The body of an answer: all of it, compressed or not, or a part. */
    static FullHttpResponse content(Representations.Chosen chosen, @Nullable Coding coding, @Nullable ByteRange range) {
        if (range != null) {
            int length = (int) (range.end() - range.from());
            FullHttpResponse part = Call.full(
                    HttpResponseStatus.PARTIAL_CONTENT,
                    Unpooled.wrappedBuffer(chosen.bytes(), (int) range.from(), length));
            part.headers().set(HttpHeaderNames.CONTENT_RANGE, range.text(chosen.bytes().length));
            return part;
        }
        return coded(chosen.bytes(), coding);
    }

    /** An answer with these bytes, compressed where that is wanted. */
    static FullHttpResponse coded(byte[] bytes, @Nullable Coding coding) {
        byte[] sent = coding == null ? bytes : coding.of(bytes);
        FullHttpResponse response = Call.full(HttpResponseStatus.OK, Unpooled.wrappedBuffer(sent));
        if (coding != null) {
            response.headers().set(HttpHeaderNames.CONTENT_ENCODING, coding.token());
        }
        return response;
    }

    /** Whatever a client stored is shown as data: it never runs as a page of this origin. */
    static void untrusted(HttpHeaders headers) {
        headers.set("X-Content-Type-Options", "nosniff").set("Content-Security-Policy", "sandbox; default-src 'none'");
    }

    private static void notAcceptable(Call call, Body body) {
        call.refuse(
                HttpResponseStatus.NOT_ACCEPTABLE,
                body.structured()
                        ? "this row can be had as " + String.join(", ", Media.STRUCTURED)
                        : "this row is " + Media.sendable(body.mediaType()));
    }

    /** There is no row with exactly this id: it may end with a format's suffix or a property's name. */
    void missed(Call call, int tries) {
        String text = call.text();
        int dot = text.lastIndexOf('.');
        if (dot <= text.lastIndexOf('/') + 1 || dot == text.length() - 1) {
            throw notFound();
        }
        String extension = text.substring(dot + 1);
        Path shorter = Path.of(text.substring(0, dot));
        Table table = call.table();
        String format = Media.suffix(extension);
        boolean declared = table != null && table.attribute(extension).isPresent();
        if (format == null && !declared) {
            throw notFound();
        }
        call.then(get(call, shorter), found -> {
            Row row = found.orElseThrow(Reading::notFound);
            Content beside = row.body().contents().get(extension);
            if (beside != null && declared) {
                content(call, row, beside, tries);
            } else if (declared) {
                property(call, row, extension);
            } else {
                row(call, row, format);
            }
        });
    }

    private static Failure notFound() {
        return new Failure(Failure.Code.NOT_FOUND, "there is no such row");
    }

    private void property(Call call, Row row, String name) {
        Object value = row.body().value() instanceof Map<?, ?> object ? object.get(name) : null;
        if (value == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "the row has no " + name);
        }
        value(call, value);
    }

    // A table

    private void describe(Call call) {
        Call.noQuery(call.exchange().query(), "a table's description");
        call.then(
                resources.describe(call.exchange().context(), call.resource()),
                description -> value(call, description));
    }

    /** Answers with a value that is made for this. */
    void value(Call call, Object value) {
        String type = Media.choose(Accept.of(call.headers().getAll(HttpHeaderNames.ACCEPT)), DESCRIPTIONS);
        if (type == null) {
            call.refuse(HttpResponseStatus.NOT_ACCEPTABLE, "this can be had as " + String.join(", ", DESCRIPTIONS));
            return;
        }
        byte[] encoded = representations.encode(value, type);
        FullHttpResponse response =
                coded(encoded, encoded.length < Coding.LEAST ? null : Coding.chosen(call.headers()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type).set(HttpHeaderNames.VARY, "Accept, Accept-Encoding");
        call.exchange().respond(response);
    }

    // Rows of a folder

    /** The format that {@code /Table/.csv} names for all rows, before a query; null for other paths. */
    private static @Nullable String listFormat(Call call) {
        String id = call.prefix();
        boolean names = call.table() != null && !call.table().root() && id.startsWith(".") && id.indexOf('/') < 0;
        String format = names ? Media.suffix(id.substring(1)) : null;
        return format != null && Media.LISTS.contains(format) ? format : null;
    }

    /** @param format what the path names; null for what Accept says */
    private void rows(Call call, @Nullable String format) {
        boolean count = Preferences.exactCount(call.headers());
        Search search = search(call, format == null ? call.prefix() : "", count);
        list(call, format, resources.search(call.exchange().context(), search));
    }

    /** Answers with rows. */
    void list(Call call, CompletionStage<Found> search) {
        list(call, null, search);
    }

    private void list(Call call, @Nullable String format, CompletionStage<Found> search) {
        Accept accept = Accept.of(call.headers().getAll(HttpHeaderNames.ACCEPT));
        String type = format == null ? Media.choose(accept, Media.LISTS) : format;
        if (type == null || !(type.equals(Media.NDJSON) || representations.knows(type))) {
            call.refuse(HttpResponseStatus.NOT_ACCEPTABLE, "rows can be had as " + String.join(", ", Media.LISTS));
            return;
        }
        long began = System.nanoTime();
        boolean head = call.method().equals(HttpMethod.HEAD);
        // On the thread that has planned: where that is one of those that read, the first rows are read there and then.
        search.whenComplete((found, failure) -> {
            if (failure == null) {
                call.guardedAnywhere(() -> begin(call, type, head, found, System.nanoTime() - began));
            } else {
                call.onLoop(() -> call.exchange().fail(failure));
            }
        });
    }

    /** Begins to send rows, or only what comes before them. On any thread. */
    private void begin(Call call, String type, boolean headOnly, Found found, long planned) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.VARY, "Accept, Accept-Encoding, Prefer")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                .set("Server-Timing", Preferences.timing(found.access(), planned));
        if (found.total().isPresent()) {
            head.headers()
                    .set(HttpHeaderNames.CONTENT_RANGE, Preferences.range(found))
                    .set("Preference-Applied", "count=exact");
        }
        if (headOnly) {
            call.onLoop(() -> call.exchange().stream(head).finish());
        } else if (!found.single() && RowStream.streams(type)) {
            found.rows().subscribe(new RowStream(call, representations, type, head, found));
        } else {
            found.rows().subscribe(new RowList(call, representations, type, listLimit, head, found));
        }
    }

    /** What the path and the query string of a folder ask for. */
    static Search search(Call call, String prefix, boolean count) {
        Table table = call.table();
        boolean root = call.resource().isEmpty() || (table != null && table.root());
        return new Search(root ? "" : call.resource(), prefix, call.exchange().query(), count);
    }

    /** What a failed precondition is called. */
    static FullHttpResponse preconditionFailed() {
        return Problem.answer(
                HttpResponseStatus.PRECONDITION_FAILED, "a condition of the request does not hold", List.of());
    }

    /** The row's version, or 0 when there is none. */
    static long version(Optional<Row> row) {
        return row.map(Row::version).orElse(0L);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.store.Upload;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * PUT and POST of what may be too long to be held: into tables that keep bodies as they come, and of Blobs of declared tables. On
 * the exchange's loop.
 */
final class Storing {

    private final Writing writing;
    private final Resources resources;
    private final Bodies bodies;
    private final int wholeLimit;

    /** @param wholeLimit what is not longer is held */
    Storing(Writing writing, Resources resources, Bodies bodies, int wholeLimit) {
        this.writing = writing;
        this.resources = resources;
        this.bodies = bodies;
        this.wholeLimit = wholeLimit;
    }

    /** Whether this PUT is its business; then it answers. */
    boolean takes(Call call) {
        if (call.headers().contains(HttpHeaderNames.CONTENT_RANGE)) {
            // RFC 9110 §14.5: a part would be taken for the whole.
            throw Call.malformed("a row is put as a whole, not a range of it");
        }
        Table table = call.table();
        if (table == null) {
            return false;
        }
        String attribute = table.rules().opaque() ? null : blob(call.text(), table);
        if (attribute != null) {
            intoAttribute(call, attribute);
            return true;
        }
        long declared = declared(call);
        boolean apart = table.rules().opaque() || (!writing.structured(call) && takesBlob(table));
        if (!apart || Inflated.comes(call.headers()) || (declared >= 0 && declared <= wholeLimit)) {
            return false;
        }
        if (!Writing.coded(call)) {
            early(call, call.path(), row -> whole(call, declared));
        }
        return true;
    }

    /**
     * Whether this POST to a table is its business, which is what is no object where a Blob takes such bodies; then it makes a
     * row of it and answers.
     */
    boolean creates(Call call) {
        Table table = call.table();
        if (table == null || writing.structured(call) || !takesBlob(table)) {
            return false;
        }
        String type = Writing.contentType(call);
        Terms terms = writing.terms(call, Expectation.ANYTHING);
        Consumer<byte[]> held = bytes -> writing.create(call, whole(Content.of(type, bytes)), terms);
        if (Inflated.comes(call.headers())) {
            writing.body(call, held);
        } else if (!Writing.coded(call)) {
            // Which row it will be is not known yet; any is as good to ask whether this user may write here.
            Path some = Path.of(call.resource() + "/" + (table.numericIds() ? "1" : "new"));
            new Arriving(resources, call, some, wholeLimit, declared(call))
                    .read(
                            type,
                            held,
                            (content, upload) -> writing.create(call, whole(content), terms)
                                    .whenComplete((commit, failure) -> upload.close()));
        }
        return true;
    }

    private Body whole(Content content) {
        return bodies.of(content.reference()).with(Map.of(Content.WHOLE, content));
    }

    /** Content-Length, or -1. */
    private static long declared(Call call) {
        return HttpUtil.isTransferEncodingChunked(call.exchange().head())
                ? -1
                : HttpUtil.getContentLength(call.exchange().head(), 0L);
    }

    /** Whether a body that is not an object goes into a Blob. */
    private static boolean takesBlob(Table table) {
        String payload = table.rules().payload();
        return isBlob(table, payload == null ? "data" : payload);
    }

    private static boolean isBlob(Table table, String name) {
        return table.attribute(name)
                .map(attribute -> attribute.type() == Attribute.Type.BLOB && !attribute.list())
                .orElse(false);
    }

    /** The attribute of type BLOB whose name the path ends with, or null. */
    private static @Nullable String blob(String text, Table table) {
        int dot = text.lastIndexOf('.');
        if (dot <= text.lastIndexOf('/') + 1) {
            return null;
        }
        String name = text.substring(dot + 1);
        return isBlob(table, name) ? name : null;
    }

    /** Looks whether the request's conditions can hold before its body is sent for. */
    private void early(Call call, Path path, Consumer<Optional<Row>> go) {
        HttpHeaders headers = call.headers();
        boolean conditional = headers.contains(HttpHeaderNames.IF_MATCH)
                || headers.contains(HttpHeaderNames.IF_NONE_MATCH)
                || headers.contains(HttpHeaderNames.IF_UNMODIFIED_SINCE);
        if (!conditional) {
            go.accept(Optional.empty());
            return;
        }
        call.then(resources.get(call.exchange().context(), path), row -> {
            if (Conditions.write(headers, Reading.version(row)) == null) {
                call.exchange().respond(Reading.preconditionFailed());
            } else {
                go.accept(row);
            }
        });
    }

    private void whole(Call call, long declared) {
        Arriving arriving = new Arriving(resources, call, call.path(), wholeLimit, declared);
        arriving.read(
                Writing.contentType(call),
                bytes -> writing.put(call, bytes),
                (content, upload) -> conditional(call, call.path(), upload, expectation -> {
                    Terms terms = writing.terms(call, expectation);
                    return resources.put(call.exchange().context(), call.path(), whole(content), terms);
                }));
    }

    private interface Put {
        CompletionStage<Commit> with(Expectation expectation);
    }

    /** Puts what has arrived, as the request's conditions say, and lets go of the upload. */
    private void conditional(Call call, Path path, Upload upload, Put put) {
        Expectation expected = Conditions.expected(call.headers());
        if (expected != null) {
            put(call, upload, put, expected);
            return;
        }
        call.then(
                resources.get(call.exchange().context(), path),
                row -> {
                    Expectation now = Conditions.write(call.headers(), Reading.version(row));
                    if (now == null) {
                        upload.close();
                        call.exchange().respond(Reading.preconditionFailed());
                    } else {
                        put(call, upload, put, now);
                    }
                },
                failure -> {
                    upload.close();
                    call.exchange().fail(failure);
                });
    }

    private void put(Call call, Upload upload, Put put, Expectation expectation) {
        CompletionStage<Commit> stage = put.with(expectation).whenComplete((commit, failure) -> upload.close());
        Writing.write(call, stage, expectation, commit -> writing.written(call, commit));
    }

    // One attribute

    /** A row whose id is all of the path is meant rather than an attribute of another, as it is when reading. */
    private void intoAttribute(Call call, String attribute) {
        if (Writing.coded(call)) {
            return;
        }
        call.then(
                resources.get(call.exchange().context(), call.path()),
                exact -> {
                    if (exact.isPresent()) {
                        writing.whole(call);
                    } else {
                        besides(call, attribute);
                    }
                },
                failure -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    if (cause instanceof Failure refusal && refusal.code() == Failure.Code.MALFORMED) {
                        // Where ids are numbers, this is none.
                        besides(call, attribute);
                    } else {
                        call.exchange().fail(failure);
                    }
                });
    }

    private void besides(Call call, String attribute) {
        Path path = Path.of(call.text().substring(0, call.text().length() - attribute.length() - 1));
        call.then(resources.get(call.exchange().context(), path), row -> {
            Row present = row.orElseThrow(
                    () -> new Failure(Failure.Code.NOT_FOUND, "there is no row " + path + " to put this into"));
            Expectation now = Conditions.write(call.headers(), present.version());
            if (now == null) {
                call.exchange().respond(Reading.preconditionFailed());
                return;
            }
            Expectation said = Conditions.expected(call.headers());
            Expectation expectation = said == null ? now : said == Expectation.ANYTHING ? Expectation.PRESENT : said;
            String type = Writing.contentType(call);
            new Arriving(resources, call, path, wholeLimit, declared(call))
                    .read(
                            type,
                            bytes -> attach(
                                    call,
                                    path,
                                    attribute,
                                    Content.of(type, bytes),
                                    Terms.NONE.expecting(expectation),
                                    () -> {}),
                            (content, upload) -> attach(
                                    call, path, attribute, content, Terms.NONE.expecting(expectation), upload::close));
        });
    }

    private void attach(Call call, Path path, String attribute, Content content, Terms terms, Runnable after) {
        CompletionStage<Commit> stage = resources
                .attach(call.exchange().context(), path, attribute, content, terms)
                .whenComplete((commit, failure) -> after.run());
        Writing.write(call, stage, terms.expectation(), commit -> {
            FullHttpResponse response = Call.empty(HttpResponseStatus.NO_CONTENT);
            response.headers()
                    .set(HttpHeaderNames.ETAG, Tag.of(commit.changes().get(0).version(), "o"));
            call.exchange().respond(response);
        });
    }
}

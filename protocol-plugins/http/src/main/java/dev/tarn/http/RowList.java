// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Gathers rows for a format that says first how many there are or which columns: MessagePack and CSV. Bounded: a longer
 * list is refused, with what to do instead.
 */
final class RowList implements Flow.Subscriber<Row> {
    private static final int WINDOW = 256;

    private final Call call;
    private final Representations representations;
    private final String mediaType;
    private final int limit;
    private final HttpResponse head;
    private final Found found;
    private final boolean single;
    private final List<@Nullable Object> values = new ArrayList<>();
    private long bytes;
    private Flow.@Nullable Subscription subscription;

    /**
     * Gathers for one answer.
     *
     * @param limit the most bytes of rows
     * @param head the headers of the answer
     * @param found whose rows these are
     */
    RowList(Call call, Representations representations, String mediaType, int limit, HttpResponse head, Found found) {
        this.call = call;
        this.representations = representations;
        this.mediaType = mediaType;
        this.limit = limit;
        this.head = head;
        this.found = found;
        this.single = found.single();
    }

    @Override
    public void onSubscribe(Flow.Subscription rows) {
        subscription = rows;
        rows.request(WINDOW);
    }

    @Override
    public void onNext(Row row) {
        Flow.Subscription rows = java.util.Objects.requireNonNull(subscription);
        try {
            values.add(representations.element(call.table(), row));
        } catch (RuntimeException unreadable) {
            rows.cancel();
            onError(unreadable);
            return;
        }
        bytes += row.body().bytes().length;
        if (bytes > limit) {
            rows.cancel();
            onError(new Failure(
                    Failure.Code.TOO_LARGE,
                    "more than " + limit
                            + " bytes of rows; take fewer with limit(start,end), or JSON, which is streamed"));
        } else if (values.size() % WINDOW == 0) {
            rows.request(WINDOW);
        }
    }

    @Override
    public void onError(Throwable failure) {
        call.onLoop(() -> call.exchange().fail(failure));
    }

    @Override
    public void onComplete() {
        byte[] encoded;
        try {
            boolean value = single && !values.isEmpty() && !mediaType.equals(Media.CSV);
            encoded = representations.encode(
                    value ? values.get(0) : values, value && mediaType.equals(Media.NDJSON) ? Bodies.JSON : mediaType);
        } catch (RuntimeException unencodable) {
            onError(unencodable);
            return;
        }
        call.onLoop(() -> {
            found.next().ifPresent(cursor -> Pages.link(call, head, cursor));
            Coding coding = encoded.length < Coding.LEAST ? null : Coding.chosen(call.headers());
            byte[] content = coding == null ? encoded : coding.of(encoded);
            FullHttpResponse response = Call.full(HttpResponseStatus.OK, Unpooled.wrappedBuffer(content));
            response.headers().set(head.headers());
            if (coding != null) {
                response.headers().set(HttpHeaderNames.CONTENT_ENCODING, coding.token());
            }
            call.exchange().respond(response);
        });
    }
}

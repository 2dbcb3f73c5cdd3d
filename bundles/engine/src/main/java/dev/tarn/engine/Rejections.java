// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Keeps for a week what was refused without its sender being told, in {@code system.rejected}. Safe on any thread. */
final class Rejections {

    static final Table TABLE = new Table(
            Table.SYSTEM,
            "rejected",
            null,
            List.of(Attribute.primaryKey("id", Attribute.Type.STRING)),
            Table.Rules.STATE);

    private static final Duration KEPT = Duration.ofDays(7);

    /** The most bytes of a body that are kept. */
    private static final int BYTES = 16 * 1024;

    private final Commons commons;

    Rejections(Commons commons) {
        this.commons = commons;
        commons.store().define(TABLE);
    }

    CompletionStage<Void> record(Context context, Path path, Body body, Failure why) {
        long now = commons.settings().clock().millis();
        String id = Ids.uuid(now);
        byte[] bytes = body.bytes();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("id", id);
        row.put("path", path.text());
        row.put("code", why.code().name());
        row.put("reason", why.reason());
        row.put("violations", why.violations());
        row.put("user", context.user().name());
        row.put("protocol", context.protocol());
        row.put("origin", context.origin());
        row.put("at", Instant.ofEpochMilli(now));
        row.put("contentType", body.mediaType());
        row.put("length", (long) bytes.length);
        row.put("body", bytes.length <= BYTES ? bytes : Arrays.copyOf(bytes, BYTES));
        Attributes attributes = Attributes.builder()
                .expiresAt(now + KEPT.toMillis())
                .timestamp(now)
                .build();
        Draft draft =
                Draft.put(TABLE, TABLE.path(id), commons.payloads().bodies().of(row), attributes, Expectation.ANYTHING);
        return commons.store().commit(Write.of(draft)).thenApply(commit -> null);
    }
}

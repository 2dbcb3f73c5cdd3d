// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Which messages go into the store as they come, rather than being held: {@link Arrival}. Safe on any thread. */
final class Streams {

    /** Bytes up to which every message is held. */
    static final int HELD = 512 << 10;

    private final Resources resources;
    private final Bodies bodies;
    private final Messages messages;

    Streams(Resources resources, Bodies bodies, Messages messages) {
        this.resources = resources;
        this.bodies = bodies;
        this.messages = messages;
    }

    /**
     * Reads the beginning of a message whose data follow; the request has no body yet. Null where the message must be whole first: it
     * puts no row, or one that has to be understood, or cannot be read, which is said when all of it is there.
     */
    @Nullable
    Request begin(Line line, Messages.Aim aim, byte[] head, boolean settled) {
        try {
            return begin(line.context(), aim, Sections.of(head, line.codec()), settled);
        } catch (Failure | Refusal wrong) {
            return null;
        }
    }

    private @Nullable Request begin(Context context, Messages.Aim aim, Sections head, boolean settled) {
        if (Messages.queue(aim, head) != null || Messages.verb(aim, head, false) != Request.Verb.PUT) {
            return null;
        }
        Path path = Messages.path(aim, head);
        boolean apart = resources
                .table(context, path)
                .map(table -> table.rules().opaque() || (takesBlob(table) && !structured(head)))
                .orElse(false);
        return apart
                ? messages.read(head, path, Request.Verb.PUT, bodies.opaque(Body.OPAQUE, new byte[0]), settled)
                : null;
    }

    /** Whether a link that puts rows there may be sent what is longer than a message that is held. */
    boolean may(Context context, @Nullable Path path) {
        return path == null
                || resources
                        .table(context, path)
                        .map(table -> table.rules().opaque() || takesBlob(table))
                        .orElse(false);
    }

    /** Whether it is, or may turn out to be, an object. */
    private boolean structured(Sections sections) {
        String type = sections.properties().getContentType();
        return type == null
                || type.isBlank()
                || type.equals(Body.OPAQUE)
                || bodies.codec(type).isPresent();
    }

    /** Whether a body that is not an object goes into a Blob. */
    private static boolean takesBlob(Table table) {
        String payload = table.rules().payload();
        return table.attribute(payload == null ? "data" : payload)
                .map(attribute -> attribute.type() == Attribute.Type.BLOB && !attribute.list())
                .orElse(false);
    }

    /** The media type of what is streamed. */
    static String type(Request request) {
        String said = request.attributes().contentType();
        return said == null || said.isBlank() ? Body.OPAQUE : said;
    }

    /** Puts a row that is a content beside it. */
    CompletionStage<Commit> put(Context context, Request request, Content content) {
        Body whole = bodies.of(content.reference()).with(Map.of(Content.WHOLE, content));
        return messages.send(context, request.with(whole));
    }
}

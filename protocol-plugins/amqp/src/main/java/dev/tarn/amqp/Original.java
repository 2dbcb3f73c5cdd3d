// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Property;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.protonj2.types.Binary;
import org.jspecify.annotations.Nullable;

/**
 * The sections of a value or of sequences as they came, AMQP 1.0 §3.2.7 and §3.2.8, kept with the change where the values that all
 * protocols have in common lose types (decision 0250). They go with a digest of the body that everybody else sees, and are sent only
 * while that is the body. Long texts in them are not kept twice: they are taken from the body again.
 */
final class Original {
    private Original() {}

    /** Beside {@link Messages#EXTENSION}. */
    static final int EXTENSION = 97;

    /** What may be kept in bytes, with all else that is said of a change: the store takes 128 KB, of which the engine needs some. */
    private static final int ROOM = 96 * 1_024;

    /** Sections that are shorter are kept whole. */
    private static final int WHOLE = 2 * 1_024;

    /** Texts and binaries that are shorter are kept in what is longer. */
    private static final int LONG = 256;

    /** Of a digest that nobody can find a second body for. */
    private static final int DIGEST = 16;

    private static final byte[] NOTHING = {};

    /** The attributes with what is to be kept of the body; themselves where nothing is. */
    static Attributes with(Attributes attributes, Sections sections, Request.Verb verb, Body body) {
        byte[] kept = of(sections, verb, body);
        return kept.length == 0 || kept.length > ROOM - size(attributes)
                ? attributes
                : attributes.toBuilder().extension(EXTENSION, kept).build();
    }

    private static byte[] of(Sections sections, Request.Verb verb, Body body) {
        Object value = sections.hasSequence() ? sections.sequence() : sections.value();
        // What is patched is another body; the types of a declared table's rows are its own.
        boolean told = verb == Request.Verb.PUBLISH || (verb == Request.Verb.PUT && !body.structured());
        if (!told || value == null || value instanceof String || value instanceof Binary) {
            return NOTHING;
        }
        byte[] came = sections.body();
        Shape shape = Shape.of(came, came.length < WHOLE ? Integer.MAX_VALUE : LONG);
        // Others see one value for names that are the same as text; nobody may be sent what they do not see.
        byte[] digest =
                came.length == 0 || shape.common() || shape.pairs() != Values.pairs(value) ? null : digest(body);
        if (digest == null) {
            return NOTHING;
        }
        List<Cut> cuts = shape.texts();
        ByteBuffer kept =
                ByteBuffer.allocate(DIGEST + Integer.BYTES + cuts.size() * Cut.BYTES + came.length - Cut.total(cuts));
        kept.put(digest).putInt(cuts.size());
        cuts.forEach(cut -> cut.write(kept));
        int from = 0;
        for (Cut cut : cuts) {
            kept.put(came, from, cut.from() - from);
            from = cut.from() + cut.length();
        }
        kept.put(came, from, came.length - from);
        return cuts.isEmpty() || Arrays.equals(read(kept.array(), body), came) ? kept.array() : NOTHING;
    }

    /** At least as much as other attributes take in the store. */
    private static long size(Attributes attributes) {
        byte[] kept = attributes.extensions().get(Messages.EXTENSION);
        // What has words of its own, such as a correlation, is there once more.
        long size = kept == null ? 0 : 3L * kept.length;
        for (Property property : attributes.properties()) {
            size += 16 + 3L * (property.name().length() + property.value().length());
        }
        return size;
    }

    /** The sections as they came, when they are kept and this is the body that they came with; else null. */
    static byte @Nullable [] in(Attributes attributes, Body body, Format format) {
        byte[] kept = attributes.extensions().isEmpty()
                ? null
                : attributes.extensions().get(EXTENSION);
        if (kept == null || kept.length < DIGEST + Integer.BYTES || (body.structured() && format != Format.SENT)) {
            return null;
        }
        byte[] digest = digest(body);
        return digest != null && Arrays.equals(digest, 0, DIGEST, kept, 0, DIGEST) ? read(kept, body) : null;
    }

    private static byte[] read(byte[] kept, Body body) {
        ByteBuffer buffer = ByteBuffer.wrap(kept, DIGEST, kept.length - DIGEST);
        int count = buffer.getInt();
        return count == 0
                ? Arrays.copyOfRange(kept, buffer.position(), kept.length)
                : Cut.restored(Cut.read(buffer, count), buffer, body.value());
    }

    /** Of the body as JSON; null for one that is none. */
    private static byte @Nullable [] digest(Body body) {
        if (!body.structured() && !body.mediaType().equals(Bodies.JSON)) {
            return null;
        }
        try {
            byte[] json = body.as(Bodies.JSON).bytes();
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(json), DIGEST);
        } catch (Failure unwritable) {
            return null;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import java.util.Arrays;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.messaging.Header;
import org.jspecify.annotations.Nullable;

/**
 * What of a message other protocols have no word for, as it is kept with the change in {@link Messages#EXTENSION}: one byte
 * for the sort of body, then the sections before it as they came. So types survive from one AMQP client to another.
 */
final class Kept {
    private Kept() {}

    static final byte DATA = 'd';
    static final byte TEXT = 's';
    static final byte VALUE = 'v';
    static final byte SEQUENCE = 'q';

    /** A value that is bytes, which others see as they see data. */
    static final byte BINARY = 'b';

    /** A value that is null, which others see as no bytes. */
    static final byte NOTHING = 'n';

    /** Of a message; empty when there is nothing to keep. */
    static byte[] of(Sections sections) {
        byte sort = sections.hasSequence() ? SEQUENCE : sections.hasValue() ? sort(sections.value()) : DATA;
        byte[] prefix = sections.kept();
        if (sort == DATA && prefix.length == 0) {
            return prefix;
        }
        byte[] kept = new byte[prefix.length + 1];
        kept[0] = sort;
        System.arraycopy(prefix, 0, kept, 1, prefix.length);
        return kept;
    }

    private static byte sort(@Nullable Object value) {
        if (value == null) {
            return NOTHING;
        }
        return value instanceof String ? TEXT : value instanceof Binary ? BINARY : VALUE;
    }

    private static byte @Nullable [] in(Attributes attributes) {
        return attributes.extensions().isEmpty()
                ? null
                : attributes.extensions().get(Messages.EXTENSION);
    }

    static byte sort(Attributes attributes) {
        byte[] kept = in(attributes);
        return kept == null || kept.length == 0 ? DATA : kept[0];
    }

    /** The sections that were kept, or null for none. */
    static @Nullable Sections sections(Attributes attributes, Codec codec) {
        byte[] kept = in(attributes);
        return kept == null || kept.length < 2 ? null : Sections.read(Arrays.copyOfRange(kept, 1, kept.length), codec);
    }

    /**
     * Whether it is to be kept, as a sender over AMQP has said, who says no where he says nothing: AMQP 1.0 §3.2.1. Of what came another
     * way, or was nothing but data, whether it is.
     */
    static boolean durable(Change change, @Nullable Sections kept) {
        if (in(change.attributes()) == null) {
            return change.logged();
        }
        Header header = kept == null ? null : kept.header();
        return header != null && header.isDurable();
    }

    /** How urgent its sender says it is, AMQP 1.0 §3.2.1; 4 where he says nothing. */
    static byte priority(@Nullable Sections kept) {
        Header header = kept == null ? null : kept.header();
        return header == null ? Header.DEFAULT_PRIORITY : header.getPriority();
    }
}

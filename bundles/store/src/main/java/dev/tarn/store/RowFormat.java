// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.List;
import java.util.zip.CRC32C;
import jetbrains.exodus.ByteIterator;

/**
 * A row's value: format, checksum over key and value, flags, version, timestamp, expiry if there is one, contents beside it if
 * there are some, payload.
 */
final class RowFormat {

    static final int FORMAT = 1;

    /** Where the flags are: after format and checksum. */
    private static final int FLAGS = 5;

    private static final int FORM = 0x03;
    private static final int EXPIRES = 0x04;
    private static final int CHUNKED = 0x08;
    private static final int CONTENTS = 0x10;
    private static final int KNOWN = FORM | EXPIRES | CHUNKED | CONTENTS;

    /** Format, checksum, flags, version, timestamp. */
    private static final int FIXED = 1 + 4 + 1 + 8 + 8;

    private RowFormat() {}

    /**
     * A row as it is on the disk.
     *
     * @param payloadAt where the payload begins
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record StoredRow(byte[] bytes, int length, int flags, long version, long timestamp, long expiresAt, int payloadAt) {
        int form() {
            return flags & FORM;
        }

        boolean chunked() {
            return (flags & CHUNKED) != 0;
        }

        boolean expired(long now) {
            return expiresAt != 0 && expiresAt <= now;
        }

        boolean hasContents() {
            return (flags & CONTENTS) != 0;
        }

        /** What is beside it. */
        List<KeptContent> contents() {
            return hasContents()
                    ? KeptContent.read(new ByteReader(bytes, FIXED + (expiresAt == 0 ? 0 : Long.BYTES), payloadAt))
                    : List.of();
        }

        ByteReader payload() {
            return new ByteReader(bytes, payloadAt, length);
        }
    }

    static StoredRow write(byte[] key, long version, long timestamp, long expiresAt, Payload payload) {
        ByteWriter out = new ByteWriter(30 + payload.bytes().length);
        int flags = flags(payload, expiresAt);
        out.u8(FORMAT);
        out.u32(0);
        out.u8(flags);
        out.u64(version);
        out.u64(timestamp);
        if (expiresAt != 0) {
            out.u64(expiresAt);
        }
        if (!payload.contents().isEmpty()) {
            KeptContent.write(out, payload.contents());
        }
        int payloadAt = out.size();
        out.raw(payload.bytes());
        out.u32At(1, checksum(key, out.array(), 5, out.size()));
        byte[] bytes = out.toArray();
        return new StoredRow(bytes, bytes.length, flags, version, timestamp, expiresAt, payloadAt);
    }

    static int flags(Payload payload, long expiresAt) {
        return payload.form()
                | (expiresAt != 0 ? EXPIRES : 0)
                | (payload.chunked() != 0 ? CHUNKED : 0)
                | (payload.contents().isEmpty() ? 0 : CONTENTS);
    }

    /** The contents that come next where the flags say that there are some. */
    static List<KeptContent> contents(int flags, ByteReader in) {
        return (flags & CONTENTS) == 0 ? List.of() : KeptContent.read(in);
    }

    static boolean expires(int flags) {
        return (flags & EXPIRES) != 0;
    }

    static boolean chunked(int flags) {
        return (flags & CHUNKED) != 0;
    }

    static int form(int flags) {
        return flags & FORM;
    }

    static int knownFlags(int flags) {
        if ((flags & ~KNOWN) != 0) {
            throw new DamagedException("flags " + flags);
        }
        return flags;
    }

    /** Whether a row's time was over at this moment; looks at nothing else. */
    static boolean expired(ByteIterator value, long now) {
        value.skip(FLAGS);
        if (!value.hasNext() || !expires(value.next())) {
            return false;
        }
        value.skip(2 * Long.BYTES);
        long expiresAt = 0;
        for (int i = 0; i < Long.BYTES && value.hasNext(); i++) {
            expiresAt = expiresAt << 8 | (value.next() & 0xFF);
        }
        return expiresAt <= now;
    }

    /** @throws DamagedException when the value is not what was written under this key */
    static StoredRow read(byte[] key, byte[] value, int length) {
        ByteReader in = new ByteReader(value, 0, length);
        int format = in.u8();
        if (format != FORMAT) {
            throw new DamagedException("a row of format " + format);
        }
        int checksum = in.u32();
        if (checksum != checksum(key, value, 5, length)) {
            throw new DamagedException("a row's checksum differs");
        }
        int flags = knownFlags(in.u8());
        long version = in.u64();
        long timestamp = in.u64();
        long expiresAt = expires(flags) ? in.u64() : 0;
        contents(flags, in);
        return new StoredRow(value, length, flags, version, timestamp, expiresAt, in.at());
    }

    /** CRC-32C over the key and part of the value, so that a value under a wrong key is found too. */
    static int checksum(byte[] key, byte[] value, int from, int end) {
        CRC32C crc = new CRC32C();
        crc.update(key, 0, key.length);
        crc.update(value, from, end - from);
        return (int) crc.getValue();
    }
}

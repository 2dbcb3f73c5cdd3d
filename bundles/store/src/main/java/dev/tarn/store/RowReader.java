// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows and changes of what is on the disk. They share no memory with the environment and outlive the transaction.
 * Safe on any thread.
 */
final class RowReader {

    private static final Path UNNAMED = Path.of("?");

    private final Database database;
    private final PayloadFormat format;
    private final ContentShelf shelf;

    RowReader(Database database, PayloadFormat format, ContentShelf shelf) {
        this.database = database;
        this.format = format;
        this.shelf = shelf;
    }

    PayloadFormat format() {
        return format;
    }

    ContentShelf shelf() {
        return shelf;
    }

    /** The row under this key, expired or not; null when there is none. */
    RowFormat.@Nullable StoredRow stored(OpenTable table, byte[] key, Transaction transaction) {
        byte[] value = Database.get(table.rows(), transaction, key);
        return value == null ? null : stored(table, key, value);
    }

    /** @throws Failure UNAVAILABLE when the row is damaged */
    RowFormat.StoredRow stored(OpenTable table, byte[] key, byte[] value) {
        try {
            return RowFormat.read(key, value, value.length);
        } catch (DamagedException e) {
            throw damaged("a row of " + table.table().qualifiedName() + " at " + name(table, key), e);
        }
    }

    private static Path name(OpenTable table, byte[] key) {
        try {
            return table.path(key);
        } catch (DamagedException | Failure e) {
            return UNNAMED;
        }
    }

    /** The row as others see it. */
    Row row(Path path, RowFormat.StoredRow stored, PayloadFormat.Chunks chunks) {
        try {
            ByteReader in = stored.payload();
            var attributes = format.attributes(in, stored.timestamp(), stored.expiresAt());
            Body body = format.body(in, stored.form(), stored.chunked(), chunks);
            if (body == null) {
                throw new DamagedException("a row without a body");
            }
            Body whole = stored.hasContents() ? beside(body, stored.contents()) : body;
            return new Row(path, whole, stored.version(), attributes);
        } catch (DamagedException e) {
            throw damaged("the row at " + path, e);
        }
    }

    /** A body with what is beside its row. */
    Body beside(Body body, List<KeptContent> contents) {
        Map<String, Content> byName = new HashMap<>();
        contents.forEach(each -> byName.put(each.name(), shelf.content(each)));
        return body.with(byName);
    }

    /** The item of an attribute, or null. */
    @Nullable
    Cbor item(RowFormat.StoredRow stored, String attribute, PayloadFormat.Chunks chunks) {
        return format.item(stored.payload(), stored.form(), stored.chunked(), chunks, attribute);
    }

    /** The entry of the log with this sequence, without its payload; the reader is then at the payload. */
    LogFormat.Entry entry(long sequence, ByteReader in) {
        try {
            return LogFormat.read(sequence, in);
        } catch (DamagedException e) {
            throw damaged("log entry " + sequence, e);
        }
    }

    /** The change that an entry of the log stands for. */
    Change change(LogFormat.Entry entry, ByteReader in, IntFunction<String> tables, PayloadFormat.Chunks chunks) {
        try {
            LogFormat.Stamp stamp = entry.stamp();
            var attributes = format.attributes(in, stamp.timestamp(), stamp.expiresAt());
            Body body = format.body(in, RowFormat.form(entry.flags()), RowFormat.chunked(entry.flags()), chunks);
            return new Change(
                    entry.sequence(),
                    entry.kind(),
                    tables.apply(entry.table()),
                    Path.of(entry.path()),
                    body == null || entry.contents().isEmpty() ? body : beside(body, entry.contents()),
                    stamp.version(),
                    stamp.previous(),
                    attributes);
        } catch (DamagedException e) {
            throw damaged("log entry " + entry.sequence(), e);
        }
    }

    /**
     * Reads; what goes wrong with the files becomes a {@link Failure}.
     *
     * @param what is read, in words
     */
    <T extends @Nullable Object> T reading(String what, Supplier<T> read) {
        try {
            return read.get();
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException e) {
            return database.again(what, e, read);
        }
    }

    /** Reads part of a table; what goes wrong with the files becomes a {@link Failure}. */
    <T extends @Nullable Object> T reading(OpenTable table, Supplier<T> read) {
        try {
            return read.get();
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException e) {
            return database.again("part of table " + table.table().qualifiedName(), e, read);
        }
    }

    private Failure damaged(String what, DamagedException why) {
        return database.readFaults.failure(what, why);
    }

    /** Reads chunks in this transaction. */
    PayloadFormat.Chunks chunks(Transaction transaction) {
        return (number, length) -> {
            byte[] content = new byte[length];
            int at = 0;
            for (int i = 0; at < length; i++) {
                byte[] chunk = Database.get(database.chunks, transaction, ChunkStore.key(number, i));
                if (chunk == null) {
                    throw new DamagedException("chunk " + i + " of " + number + " is missing");
                }
                at = ChunkStore.copy(number, i, chunk, content, at);
            }
            return content;
        };
    }
}

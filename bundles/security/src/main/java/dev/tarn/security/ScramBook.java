// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.User;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The users as SCRAM sees them, for one peer. Who is not there, or has no verifier, is asked to prove what nobody can, with
 * a salt that stays the same, so that nobody learns who is there. Safe on any thread; never blocks.
 */
final class ScramBook implements ScramDialogue.Book {

    /** What all peers share. */
    @SuppressWarnings("ArrayRecordComponent") // not compared, and copied
    record Shelf(UserTable table, BackOff backOff, LoginTrail trail, LoginThreads threads, byte[] salt, int rounds) {
        Shelf {
            salt = salt.clone();
        }
    }

    private final Shelf shelf;
    private final @Nullable SocketAddress from;

    ScramBook(Shelf shelf, @Nullable SocketAddress from) {
        this.shelf = shelf;
        this.from = from;
    }

    @Override
    public CompletionStage<ScramDialogue.Entry> find(String name) {
        Duration waiting = shelf.backOff().waiting(name, from);
        if (!waiting.isZero()) {
            return CompletableFuture.failedStage(BackOff.busy(waiting));
        }
        CompletableFuture<ScramDialogue.Entry> answer = new CompletableFuture<>();
        shelf.threads().run(answer, () -> {
            UserTable.Entry entry = StoredUser.legal(name) ? shelf.table().find(name) : null;
            ScramVerifier verifier = entry == null ? null : entry.stored().scram();
            ScramVerifier nobody = ScramVerifier.ofNobody(name, shelf.salt(), shelf.rounds());
            return entry == null || verifier == null
                    ? new ScramDialogue.Entry(name, nobody, null)
                    : new ScramDialogue.Entry(name, verifier, entry.stored().byPassword());
        });
        return answer;
    }

    @Override
    public User end(ScramDialogue.Entry entry, boolean right) {
        // Again, since several may have begun before the first of them failed.
        Duration waiting = shelf.backOff().waiting(entry.name(), from);
        if (!waiting.isZero()) {
            throw BackOff.busy(waiting);
        }
        User user = entry.user();
        if (!right || user == null) {
            shelf.backOff().wrong(entry.name(), from);
            shelf.trail().login(entry.name(), from, false, ScramVerifier.MECHANISM);
            throw PasswordLogins.wrong();
        }
        shelf.backOff().right(entry.name(), from);
        shelf.trail().login(entry.name(), from, true, ScramVerifier.MECHANISM);
        return user;
    }
}

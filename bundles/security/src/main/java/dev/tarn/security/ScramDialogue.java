// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One login by SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677): the client's first message names him, the
 * server answers with salt and nonce, the client proves that he has the password, and so does the server. For one thread
 * at a time; a message comes when the former one was answered.
 */
final class ScramDialogue implements Mechanisms.Dialogue {

    /** The longest message of a client, in bytes. */
    static final int LONGEST = 4_096;

    private static final int NONCE_BYTES = 18;

    /** Where the names and verifiers are. */
    interface Book {
        /** Who has this name and what proves it, after what waiting is due; never empty for a name that is not there. */
        CompletionStage<Entry> find(String name);

        /** Writes down how it ended, and counts it; gives the user, or fails. */
        User end(Entry entry, boolean right);
    }

    /** A name, its verifier, and its user if there is one. */
    record Entry(
            String name, ScramVerifier verifier, @Nullable User user) {}

    private final Book book;

    private @Nullable Entry entry;
    private String header = "";
    private String nonce = "";
    private String before = "";
    private boolean over;

    ScramDialogue(Book book) {
        this.book = book;
    }

    @Override
    public CompletionStage<Mechanisms.Step> next(byte[] message) {
        try {
            if (over) {
                throw new Failure(Failure.Code.UNAUTHENTICATED, "this login is over");
            }
            String text = text(message);
            Entry asking = entry;
            if (asking == null) {
                return first(text);
            }
            over = true;
            return CompletableFuture.completedStage(proof(asking, text));
        } catch (Failure refused) {
            over = true;
            return CompletableFuture.failedStage(refused);
        }
    }

    private static String text(byte[] message) {
        if (message.length > LONGEST) {
            throw malformed("a message of SCRAM is at most " + LONGEST + " bytes");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(message))
                    .toString();
        } catch (CharacterCodingException notText) {
            throw malformed("a message of SCRAM is UTF-8");
        }
    }

    /** client-first-message = gs2-header username "," nonce; RFC 5802 §7 */
    private CompletionStage<Mechanisms.Step> first(String text) {
        String[] parts = text.split(",", -1);
        if (parts.length < 4) {
            throw malformed("not the first message of SCRAM");
        }
        // y: the client could bind to the channel and takes it that we cannot, which is so. p: it insists.
        if (!parts[0].equals("n") && !parts[0].equals("y")) {
            throw malformed("binding to the channel is not offered");
        }
        if (!parts[2].startsWith("n=")) {
            throw malformed("extensions of SCRAM are not known"); // also m=, RFC 5802 §5.1
        }
        String name = name(parts[2].substring(2));
        if (!parts[1].isEmpty() && !parts[1].equals("a=" + parts[2].substring(2))) {
            throw malformed("nobody acts for another here");
        }
        if (!parts[3].startsWith("r=") || !printable(parts[3].substring(2))) {
            throw malformed("the nonce is missing");
        }
        header = parts[0] + "," + parts[1] + ",";
        before = text.substring(header.length());
        nonce = parts[3].substring(2) + Base64.getEncoder().encodeToString(Secrets.random(NONCE_BYTES));
        return book.find(name).thenApply(found -> {
            entry = found;
            String answer = "r=" + nonce + ",s=" + found.verifier().salt() + ",i="
                    + found.verifier().rounds();
            before += "," + answer;
            return new Mechanisms.Step(answer.getBytes(StandardCharsets.UTF_8), null);
        });
    }

    /** A comma is written as =2C and an equals sign as =3D; RFC 5802 §5.1 */
    private static String name(String escaped) {
        String name = escaped.replace("=2C", ",");
        for (int at = name.indexOf('='); at >= 0; at = name.indexOf('=', at + 1)) {
            if (!name.startsWith("=3D", at)) {
                throw malformed("an equals sign in a name is written as =3D");
            }
        }
        return SaslPrep.of(name.replace("=3D", "=")).orElseThrow(() -> malformed("this cannot be a name"));
    }

    private static boolean printable(String nonce) {
        return !nonce.isEmpty() && nonce.length() <= 256 && nonce.chars().allMatch(c -> c > ' ' && c < 0x7F);
    }

    /** client-final-message = channel-binding "," nonce "," proof; RFC 5802 §7 */
    private Mechanisms.Step proof(Entry asking, String text) {
        int last = text.lastIndexOf(",p=");
        String expected =
                "c=" + Base64.getEncoder().encodeToString(header.getBytes(StandardCharsets.UTF_8)) + ",r=" + nonce;
        boolean wellFormed = last >= 0 && text.substring(0, last).equals(expected);
        byte[] messages = (before + "," + expected).getBytes(StandardCharsets.UTF_8);
        byte[] proof = new byte[0];
        if (wellFormed) {
            try {
                proof = Base64.getDecoder().decode(text.substring(last + 3));
            } catch (IllegalArgumentException notBase64) {
                wellFormed = false;
            }
        }
        boolean right = asking.verifier().proves(proof, messages) && wellFormed;
        User user = book.end(asking, right);
        return new Mechanisms.Step(
                ("v=" + asking.verifier().signature(messages)).getBytes(StandardCharsets.UTF_8), user);
    }

    private static Failure malformed(String why) {
        return new Failure(Failure.Code.UNAUTHENTICATED, why);
    }
}

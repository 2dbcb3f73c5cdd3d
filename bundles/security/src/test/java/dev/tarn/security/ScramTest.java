// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SCRAM-SHA-256 as the specifications have it. */
class ScramTest {

    private static final User ADA = new User("ada", Set.of(), false, true);

    /** One user, and what became of his logins. */
    private static final class OneUser implements ScramDialogue.Book {
        private final ScramVerifier verifier;
        private int wrong;

        OneUser(ScramVerifier verifier) {
            this.verifier = verifier;
        }

        @Override
        public CompletionStage<ScramDialogue.Entry> find(String name) {
            return CompletableFuture.completedStage(
                    name.equals("ada")
                            ? new ScramDialogue.Entry(name, verifier, ADA)
                            : new ScramDialogue.Entry(name, ScramVerifier.ofNobody(name, new byte[32], 4_096), null));
        }

        @Override
        public User end(ScramDialogue.Entry entry, boolean right) {
            User user = entry.user();
            if (!right || user == null) {
                wrong++;
                throw PasswordLogins.wrong();
            }
            return user;
        }
    }

    private final OneUser book =
            new OneUser(ScramVerifier.of(utf8("pencil"), 4_096).orElseThrow());

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Mechanisms.Step step(Mechanisms.Dialogue dialogue, String message) throws Exception {
        return dialogue.next(utf8(message)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void assertRefused(Mechanisms.Dialogue dialogue, String message) {
        Throwable thrown = catchThrowable(() -> step(dialogue, message));
        assertThat(thrown).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(Failure.class);
        assertThat(((Failure) thrown.getCause()).code()).isEqualTo(Failure.Code.UNAUTHENTICATED);
    }

    private User login(String name, String password) throws Exception {
        ScramDialogue dialogue = new ScramDialogue(book);
        ScramClient client = new ScramClient(name, password);
        String first = text(step(dialogue, client.first()));
        Mechanisms.Step last = step(dialogue, client.proof(first));
        assertThat(text(last)).isEqualTo(client.expected());
        return last.user();
    }

    private static String text(Mechanisms.Step step) {
        return new String(step.message(), StandardCharsets.UTF_8);
    }

    /** RFC 7677 §3: user, pencil, and what both say. */
    @Test
    void the_example_of_the_specification_is_understood() {
        byte[] salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
        byte[] salted = Secrets.pbkdf2("HmacSHA256", utf8("pencil"), salt, 4_096, 32);
        String verifier = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                + Base64.getEncoder()
                        .encodeToString(Secrets.digest("SHA-256", Secrets.hmac(salted, utf8("Client Key"))))
                + ":" + Base64.getEncoder().encodeToString(Secrets.hmac(salted, utf8("Server Key")));
        String messages = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        ScramVerifier parsed = ScramVerifier.parse(verifier);
        assertThat(parsed.text()).isEqualTo(verifier);
        byte[] proof = Base64.getDecoder().decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThat(parsed.proves(proof, utf8(messages))).isTrue();
        assertThat(parsed.signature(utf8(messages))).isEqualTo("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        proof[31]++;
        assertThat(parsed.proves(proof, utf8(messages))).isFalse();
    }

    @Test
    void who_has_the_password_is_let_in_and_learns_that_the_server_knows_him() throws Exception {
        assertThat(login("ada", "pencil")).isEqualTo(ADA);
        assertThat(book.wrong).isZero();
    }

    @Test
    void who_has_not_and_who_does_not_exist_get_the_same_answers() throws Exception {
        for (String[] pair : new String[][] {{"ada", "pencils"}, {"bob", "pencil"}}) {
            ScramDialogue dialogue = new ScramDialogue(book);
            ScramClient client = new ScramClient(pair[0], pair[1]);
            String first = text(step(dialogue, client.first()));
            assertThat(first).matches("r=[!-+\\--~]{30,},s=[A-Za-z0-9+/=]{24},i=4096");
            assertRefused(dialogue, client.proof(first));
            assertRefused(dialogue, client.first());
        }
        assertThat(book.wrong).isEqualTo(2);
    }

    @Test
    void the_salt_of_who_does_not_exist_stays_the_same() throws Exception {
        String salt = null;
        for (int i = 0; i < 2; i++) {
            String first = text(step(new ScramDialogue(book), new ScramClient("bob", "x").first()));
            String now = first.substring(first.indexOf(",s="));
            assertThat(salt == null || salt.equals(now)).isTrue();
            salt = now;
        }
        String other = text(step(new ScramDialogue(book), new ScramClient("eve", "x").first()));
        assertThat(other).doesNotEndWith(salt);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,,",
                "n,,n=ada",
                "n,,n=ada,r=",
                "n,,r=abc,n=ada",
                "p=tls-unique,,n=ada,r=abc",
                "x,,n=ada,r=abc",
                "n,a=bob,n=ada,r=abc",
                "n,,m=ext,n=ada,r=abc",
                "n,,n=a=da,r=abc",
                "n,,n=,r=abc",
                "n,,n=ada,r=a c",
                "n,,n=a\u0007da,r=abc"
            })
    void a_first_message_that_is_none_is_refused(String message) {
        ScramDialogue dialogue = new ScramDialogue(book);
        assertRefused(dialogue, message);
        assertRefused(dialogue, "n,,n=ada,r=abc");
    }

    @Test
    void a_last_message_must_be_about_the_first() throws Exception {
        for (String change : new String[] {"c=biws", "c=eSws", "r=", ",p=", "p=AAAA"}) {
            ScramDialogue dialogue = new ScramDialogue(book);
            ScramClient client = new ScramClient("ada", "pencil");
            String proof = client.proof(text(step(dialogue, client.first())));
            String bad = change.equals("c=biws")
                    ? proof.replace("c=biws", "c=eSws")
                    : change.equals("c=eSws") ? proof.replace("c=biws,", "") : proof.replace(change, change + "x");
            assertRefused(dialogue, change.equals("p=AAAA") ? proof.replaceFirst("p=.*", "p=AAAA") : bad);
            assertRefused(dialogue, proof);
        }
    }

    @Test
    void what_is_too_long_or_not_text_is_refused() {
        assertRefused(new ScramDialogue(book), "n,,n=" + "a".repeat(5_000) + ",r=abc");
        byte[] bytes = utf8("n,,n=ada,r=abc");
        bytes[6] = (byte) 0xFF;
        Throwable thrown = catchThrowable(
                () -> new ScramDialogue(book).next(bytes).toCompletableFuture().get(30, TimeUnit.SECONDS));
        assertThat(thrown).hasCauseInstanceOf(Failure.class);
    }

    /** RFC 4013 §3. */
    @ParameterizedTest
    @CsvSource({"I\u00ADX,IX", "user,user", "USER,USER", "\u00AA,a", "\u2168,IX", "a\u00A0b,a b"})
    void what_means_the_same_is_made_the_same(String typed, String meant) {
        assertThat(SaslPrep.of(typed)).contains(meant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0007", "\u06271", "", "\u00AD", "\uE000", "a\uFFFD"})
    void what_must_not_be_in_a_text_is_refused(String typed) {
        assertThat(SaslPrep.of(typed)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA",
                "SCRAM-SHA-1$4096:AAAA$AAAA:AAAA",
                "SCRAM-SHA-256$0:AAAA$AAAA:AAAA"
            })
    void a_verifier_of_an_unknown_form_is_refused(String text) {
        assertThatThrownBy(() -> ScramVerifier.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}

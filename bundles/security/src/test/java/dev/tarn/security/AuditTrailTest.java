// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.security.Audit;
import dev.tarn.codec.CodecBodies;
import dev.tarn.store.XodusStore;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit trail in a real store. */
class AuditTrailTest {

    @TempDir
    Path directory;

    private final Bodies bodies = CodecBodies.standard();
    private final TestClock clock = new TestClock();
    private XodusStore store;

    @BeforeEach
    void open() {
        store = new XodusStore(
                bodies, Configured.with(XodusStore.Config.class, Map.of("directory", directory.toString())));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private AuditTrail trail(long bytes, String... tables) {
        return new AuditTrail(store, bodies, new AuditTrail.Kept(90, bytes, Set.of(tables)), clock);
    }

    private static Audit.Event event(int number) {
        return new Audit.Event(
                "login",
                "ada" + number,
                "mqtt",
                new InetSocketAddress("192.0.2.1", 1),
                number % 2 == 0 || number > 100,
                "x".repeat(200));
    }

    /** Waits until the newest is about this one; there may be none yet. */
    private static void awaitNewest(AuditTrail trail, String who) {
        await(() -> trail.latest(1).stream().anyMatch(row -> who.equals(row.get("who"))));
    }

    /** Waits until it is so, at most a minute. */
    private static void await(BooleanSupplier so) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!so.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void what_happened_is_there_the_newest_first() {
        AuditTrail trail = trail(1_000_000);
        for (int i = 0; i < 3; i++) {
            trail.record(event(i));
            int written = i + 1;
            await(() -> trail.latest(10).size() == written);
            clock.forward(Duration.ofMillis(1));
        }
        List<Map<?, ?>> latest = trail.latest(2);
        assertThat(latest).hasSize(2);
        assertThat(String.valueOf(latest.get(0)))
                .contains("what=login", "who=ada2", "allowed=true", "protocol=mqtt", "from=192.0.2.1");
        assertThat(latest.get(1).get("who")).isEqualTo("ada1");
        trail.close();
    }

    @Test
    void refusals_by_the_thousand_do_not_wash_out_what_matters() {
        AuditTrail trail = trail(1_000_000);
        Audit.Event wrong = new Audit.Event("login", "x", "", new InetSocketAddress("192.0.2.1", 1), false, "token");
        for (int i = 0; i < 2_000; i++) {
            trail.record(wrong);
        }
        Audit.Event other = new Audit.Event("login", "x", "", new InetSocketAddress("192.0.2.2", 1), false, "token");
        trail.record(other);
        clock.forward(Duration.ofMinutes(1));
        trail.record(event(0));
        await(() -> String.valueOf(trail.latest(1)).contains("who=ada0"));
        String all = String.valueOf(trail.latest(1_000));
        assertThat(all).contains(2_000 - Refusals.EACH + " more refusals than are written down", "192.0.2.2");
        assertThat(trail.latest(1_000)).hasSize(Refusals.EACH + 3);
        trail.close();
    }

    @Test
    void refusals_of_many_addresses_are_bounded_as_well() {
        Refusals refusals = new Refusals(clock);
        int taken = 0;
        for (int i = 0; i < 100_000; i++) {
            taken += refusals.take("", new InetSocketAddress("10.0." + i % 250 + "." + i / 250 % 250, 1)) ? 1 : 0;
        }
        assertThat(taken).isEqualTo(Refusals.ALL);
        assertThat(refusals.missed()).isZero();
        clock.forward(Duration.ofMinutes(1));
        assertThat(refusals.missed()).isEqualTo(100_000 - Refusals.ALL);
        assertThat(refusals.missed()).isZero();
    }

    private Audit.Event changed(Audit.Changed row) {
        return new Audit.Event("put", "ada", "rest", null, true, "Notes/1", row);
    }

    @Test
    void a_changed_row_is_there_as_it_was_and_as_it_has_become() {
        AuditTrail trail = trail(1_000_000);
        trail.record(changed(new Audit.Changed(null, bodies.of(Map.of("text", "first")))));
        await(() -> trail.latest(1).size() == 1);
        assertThat(trail.latest(1).get(0).containsKey("before")).isFalse();
        assertThat(trail.latest(1).get(0).get("after")).isEqualTo(Map.of("text", "first"));
        clock.forward(Duration.ofMillis(1));
        trail.record(changed(new Audit.Changed(
                bodies.of(Map.of("text", "x".repeat(70_000))), bodies.opaque("image/png", new byte[] {1, 2}))));
        await(() -> trail.latest(2).size() == 2);
        assertThat(String.valueOf(trail.latest(1).get(0).get("before"))).contains("bytes=70011", "sha256=");
        assertThat(String.valueOf(trail.latest(1).get(0).get("after"))).contains("contentType=image/png", "bytes=2");
        trail.close();
    }

    @Test
    void large_rows_make_room_as_well() {
        AuditTrail trail = trail(200_000);
        for (int i = 0; i < 40; i++) {
            trail.record(changed(new Audit.Changed(null, bodies.of(Map.of("text", i + "x".repeat(20_000))))));
            int sent = i;
            await(() -> String.valueOf(trail.latest(1).stream().findFirst().orElse(Map.of()))
                    .contains("text=" + sent + "x"));
            clock.forward(Duration.ofMillis(1));
        }
        trail.close();
        AuditTrail again = trail(200_000);
        await(() -> again.latest(100).size() <= 10);
        assertThat(String.valueOf(again.latest(1).get(0))).contains("text=39x");
        again.close();
    }

    @Test
    void the_oldest_make_room_for_the_newest() {
        AuditTrail trail = trail(500_000);
        for (int i = 0; i < 5_000; i++) {
            trail.record(event(i));
            clock.forward(Duration.ofMillis(1));
            if (i % 500 == 499) {
                awaitNewest(trail, "ada" + i);
            }
        }
        String last = "ada5000";
        trail.record(event(5_000));
        awaitNewest(trail, last);
        trail.close();
        // Whoever looks last has seen all of it: what is left fits, and it is the newest.
        AuditTrail again = trail(500_000);
        await(() -> again.latest(5_000).size() < 3_000);
        assertThat(again.latest(1).get(0).get("who")).isEqualTo(last);
        again.close();
    }

    @Test
    void tables_are_followed_when_they_are_named() {
        AuditTrail.Kept kept = new AuditTrail.Kept(1, 1, Set.of("data.Orders", "Notes", "shop.*"));
        assertThat(kept.follows("data.Orders")).isTrue();
        assertThat(kept.follows("data.Notes")).isTrue();
        assertThat(kept.follows("shop.Carts")).isTrue();
        assertThat(kept.follows("data.Sensors")).isFalse();
        assertThat(kept.follows("shop2.Notes")).isFalse();
        AuditTrail.Kept all = new AuditTrail.Kept(1, 1, Set.of("*"));
        assertThat(all.follows("data.Sensors")).isTrue();
        assertThat(all.follows("system.audit")).isFalse();
        assertThatThrownBy(() -> new AuditTrail.Kept(1, 1, Set.of("a.b.c"))).hasMessageContaining("a.b.c");
        assertThatThrownBy(() -> new AuditTrail.Kept(0, 1, Set.of())).hasMessageContaining("days");
    }
}

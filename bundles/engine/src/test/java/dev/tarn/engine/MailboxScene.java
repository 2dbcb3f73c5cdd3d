// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An engine and one loop for tests of mailboxes. */
class MailboxScene {

    static final Table OTHER = new Table(
            Table.DATA, "Other", "Other", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.DECLARED);

    @TempDir
    java.nio.file.Path directory;

    TestDoor door;
    TestLoop loop;

    @BeforeEach
    void open() {
        open(TestDoor.SETTINGS);
    }

    void open(Settings settings) {
        if (door != null) {
            close();
        }
        door = new TestDoor(directory, settings, (who, verb, table, path) -> true);
        loop = new TestLoop();
    }

    static Settings mailboxOf(int changes) {
        return TestDoor.settings(new Settings.MailboxBounds(changes, 1 << 20, 1_000), TestDoor.LOOPS);
    }

    @AfterEach
    void close() {
        door.close();
        loop.close();
    }

    TestSubscriber subscriber() {
        return new TestSubscriber(door, loop);
    }

    /** Waits until everything that was offered so far has reached the loop and was taken. */
    void settle() {
        loop.run(() -> {});
        loop.run(() -> {});
    }

    static List<String> paths(TestSubscriber subscriber) {
        return subscriber.deliveries().stream()
                .map(delivery -> delivery.change().path().text())
                .toList();
    }

    static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

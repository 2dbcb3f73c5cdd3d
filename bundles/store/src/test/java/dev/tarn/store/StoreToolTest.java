// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreToolTest {

    @TempDir
    Path temporary;

    private Path data;
    private Path store;

    @BeforeEach
    void fill() {
        data = temporary.resolve("data");
        store = data.resolve("store");
        try (XodusStore open = Stores.open(store)) {
            for (int i = 1; i <= 300; i++) {
                Stores.commit(open, Stores.put(Stores.SENSORS, "Sensors/" + i, CrashModel.sensor(i)));
            }
            Stores.commit(open, Stores.put("large", new byte[300_000]));
        }
    }

    private record Said(int exitCode, String out, String err) {}

    private static Said run(Object... words) {
        ToolProvider tool = ServiceLoader.load(ToolProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals("store"))
                .findFirst()
                .orElseThrow();
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] arguments = Stream.of(words).map(Object::toString).toArray(String[]::new);
        int exitCode = tool.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Said(exitCode, out.toString(), err.toString());
    }

    @Test
    void a_sound_directory_is_counted() {
        Said said = run("verify", data);
        assertThat(said.err()).isEmpty();
        assertThat(said.exitCode()).isZero();
        assertThat(said.out())
                .contains("300 rows in data.Sensors")
                .contains("1 rows in data.topics")
                .contains("301 changes in the log, 1 to 301")
                .contains(store + " is sound");
        assertThat(run("verify", store)).isEqualTo(said);
    }

    @Test
    void one_bit_that_has_turned_is_found() throws IOException {
        Path file;
        try (Stream<Path> files = Files.list(store.resolve("xodus"))) {
            file = files.sorted().findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        // In the large value, whose zeros are nowhere else.
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\0".repeat(1_000)) + 500;
        bytes[at] ^= 1;
        Files.write(file, bytes);
        Said said = run("verify", data);
        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(said.err()).contains("checksum").contains("is damaged").contains("tarn restore");
        assertThat(said.out()).contains("300 rows in data.Sensors").doesNotContain("sound");
    }

    @Test
    void a_backup_is_made_verified_and_restored() {
        Path file = temporary.resolve("b.zip");
        Said made = run("backup", file, store);
        assertThat(made.err()).isEmpty();
        assertThat(made.out()).contains("sequence 301");
        Said verified = run("verify", file);
        assertThat(verified.exitCode()).as(verified.err()).isZero();
        assertThat(verified.out()).contains("300 rows in data.Sensors").contains("b.zip is sound");
        assertThat(temporary.toFile().list()).containsExactlyInAnyOrder("data", "b.zip");
        Path other = temporary.resolve("other/store");
        Said restored = run("restore", file, other);
        assertThat(restored.exitCode()).as(restored.err()).isZero();
        assertThat(restored.out()).contains("300 rows in data.Sensors").doesNotContain("before");
        assertThat(run("verify", other.getParent()).exitCode()).isZero();
        assertThat(run("restore", file, store).out()).contains("what was there before is in " + store);
        assertThat(run("verify", data).exitCode()).isZero();
    }

    @Test
    void what_a_node_uses_is_left_alone() {
        try (XodusStore running = Stores.open(store)) {
            assertThat(running.sequence()).isEqualTo(301);
            Said backup = run("backup", temporary.resolve("b.zip"), store);
            assertThat(backup.exitCode()).isEqualTo(1);
            assertThat(backup.err()).contains("a running node uses").contains("POST /operations");
            assertThat(run("verify", data).err()).contains("is in use");
        }
    }

    @Test
    void what_is_not_there_or_no_backup_is_told() throws IOException {
        assertThat(run("verify", temporary.resolve("nothing")).err())
                .contains("there is no data directory and no backup");
        assertThat(run("verify", temporary).err()).contains("there is no data in");
        Path text = Files.writeString(temporary.resolve("text"), "hello");
        assertThat(run("verify", text).err()).contains("it is not a whole zip file");
        Said restored = run("restore", text, store);
        assertThat(restored.exitCode()).isEqualTo(1);
        assertThat(restored.err()).contains("is damaged").contains(store + " was not changed");
        assertThat(run("verify", data).exitCode()).isZero();
        assertThat(run("verify").exitCode()).isEqualTo(2);
    }
}

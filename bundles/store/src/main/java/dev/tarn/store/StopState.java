// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * How the directory was left, in a small text file, with the machine's boot, since a process that is killed leaves what it has
 * written in the operating system's memory, and a machine that stops does not.
 *
 * @param boot names the machine's boot; empty when unknown
 * @param address the end of a batch up to which everything was on the disk then; 0 when unknown
 */
record StopState(How how, String boot, long address) {

    private static final String FILE = "state";
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /** In what state. */
    enum How {
        /** There is no such file: the directory is new. */
        NEW,
        /** A store runs, or did when the process or the machine stopped; the address is where it began. */
        OPEN,
        /** It was closed; the address is the end of the files. */
        CLOSED,
        /** The disk did not take what was written after the address. */
        FENCED
    }

    /** The boot of the machine that this runs on; empty when the system does not say. */
    static String thisBoot() {
        try {
            return Files.readString(BOOT, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }

    static StopState read(Path directory) throws IOException {
        try {
            String[] words = Files.readString(directory.resolve(FILE), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ");
            return new StopState(How.valueOf(words[0]), words[1].equals("-") ? "" : words[1], Long.parseLong(words[2]));
        } catch (NoSuchFileException e) {
            return new StopState(How.NEW, "", 0);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            // The file itself did not survive: the worst is assumed.
            return new StopState(How.OPEN, "", 0);
        }
    }

    void write(Path directory) throws IOException {
        Path made = directory.resolve(FILE + ".new");
        String text = how + " " + (boot.isEmpty() ? "-" : boot) + " " + address + "\n";
        Files.writeString(made, text, StandardCharsets.US_ASCII);
        Durably.sync(made);
        Files.move(made, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        Durably.sync(directory);
    }

    /** Whether all is as it was left on purpose. */
    boolean intact(long end) {
        return how == How.NEW || (how == How.CLOSED && address == end);
    }

    /** Whether the machine may have stopped meanwhile. */
    boolean otherBoot() {
        return boot.isEmpty() || !boot.equals(thisBoot());
    }
}

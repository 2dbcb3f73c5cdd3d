// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the environment's files have to be there, in a text file beside them. The garbage collector removes files anywhere
 * among the others, so that one that somebody else has removed shows by nothing else until its rows are read. Written when the
 * store is opened and closed; a file is taken from the list before it is removed, so that the list never has more than is there.
 * What is made meanwhile is not in it. Safe on any thread.
 */
final class FileList {

    private static final Logger LOG = LoggerFactory.getLogger(FileList.class);
    private static final String FILE = "files";

    /** Before the address of a file that is about to be removed. */
    private static final char REMOVED = '-';

    private final Path file;

    FileList(Path directory) {
        this.file = directory.resolve(FILE);
    }

    /**
     * Compares the list with what is there; a list that is not there has nothing.
     *
     * @throws DamagedException when a file is missing
     */
    void check(FileSet files) throws IOException {
        TreeSet<Long> missing = new TreeSet<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
                if (!line.isEmpty() && line.charAt(0) == REMOVED) {
                    missing.remove(Long.parseLong(line.substring(1)));
                } else {
                    missing.add(Long.parseLong(line));
                }
            }
        } catch (NoSuchFileException none) {
            return;
        } catch (NumberFormatException damaged) {
            // It says nothing about the files.
            LOG.warn("{} is damaged; whether files are missing is not known", file);
            return;
        }
        files.addresses().forEach(missing::remove);
        if (!missing.isEmpty()) {
            throw new DamagedException(missing.size() + " of its files are missing, the first is "
                    + files.name(missing.first()) + "; without " + file + " it is opened with what is left");
        }
    }

    /** Nobody knows any more, until it is written again. */
    void forget() throws IOException {
        Files.deleteIfExists(file);
    }

    /** Writes what is there now; it is on the disk once the directory is forced. A list that the disk refuses stays as it is. */
    synchronized void write(FileSet files) {
        Path made = file.resolveSibling(FILE + ".new");
        try {
            Files.writeString(
                    made,
                    files.addresses().stream().map(address -> address + "\n").collect(Collectors.joining()),
                    StandardCharsets.US_ASCII);
            Durably.sync(made);
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException refused) {
            LOG.warn("{} could not be written: {}", file, refused.getMessage());
        }
    }

    /**
     * A file is about to be removed. Not forced to the disk: after a loss of power the list is not asked.
     *
     * @throws IOException when the list cannot be written; then the file has to stay
     */
    synchronized void removing(long address) throws IOException {
        if (Files.exists(file)) {
            Files.write(file, List.of(REMOVED + "" + address), StandardCharsets.US_ASCII, StandardOpenOption.APPEND);
        }
    }
}

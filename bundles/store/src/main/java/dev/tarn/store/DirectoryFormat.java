// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * What a data directory says about itself in a text file, written once.
 *
 * @param fileBytes the size of the environment's files, which can never change
 * @param mark the random number by which seals are found
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record DirectoryFormat(long fileBytes, byte[] mark) {

    /** FORMAT.md says what belongs to it. */
    static final int FORMAT = 2;

    /** The folder of the environment's files. */
    static final String FILES = "xodus";

    static final String FILE = "format";
    private static final long FILE_KILOBYTES = 2_048;

    /** Reads the file, or writes it for a new directory. */
    static DirectoryFormat of(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (Files.exists(file)) {
            return read(file);
        }
        if (Files.exists(directory.resolve(FILES))) {
            throw new IOException("there is data, but no file " + file + " that says its format");
        }
        byte[] mark = new byte[Seal.MARK];
        new SecureRandom().nextBytes(mark);
        Path made = directory.resolve(FILE + ".new");
        String text = "format=" + FORMAT + "\nfileKilobytes=" + FILE_KILOBYTES + "\nmark="
                + HexFormat.of().formatHex(mark) + "\n";
        Files.writeString(made, text, StandardCharsets.US_ASCII);
        Durably.sync(made);
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        Durably.sync(directory);
        return new DirectoryFormat(FILE_KILOBYTES * 1_024, mark);
    }

    private static DirectoryFormat read(Path file) throws IOException {
        Map<String, String> values = new HashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(
                        line.substring(0, equals).strip(),
                        line.substring(equals + 1).strip());
            }
        }
        String format = values.getOrDefault("format", "");
        if (!format.equals(Integer.toString(FORMAT))) {
            throw new IOException(file + " says format " + format + ", and this version of Tarn reads format " + FORMAT
                    + " only; use the version that wrote it");
        }
        try {
            long kilobytes = Long.parseLong(values.getOrDefault("fileKilobytes", ""));
            byte[] mark = HexFormat.of().parseHex(values.getOrDefault("mark", ""));
            if (kilobytes <= 0 || mark.length != Seal.MARK) {
                throw new IOException(file + " is incomplete");
            }
            return new DirectoryFormat(kilobytes * 1_024, mark);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " makes no sense: " + e.getMessage(), e);
        }
    }
}

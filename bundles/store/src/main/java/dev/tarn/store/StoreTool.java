// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * Works on stores that no node uses, without a framework: {@code backup FILE DIRECTORY}, {@code restore FILE DIRECTORY} and
 * {@code verify FILE-OR-DIRECTORY}. Exit codes: 0 done and sound, 1 not, 2 wrong arguments.
 */
public final class StoreTool implements ToolProvider {

    /** Where a node's data directory has its store. */
    private static final String STORE = "store";

    @Override
    public String name() {
        return STORE;
    }

    @Override
    public int run(PrintWriter out, PrintWriter err, String... words) {
        List<String> arguments = List.of(words);
        try {
            if (arguments.size() == 3 && arguments.get(0).equals("backup")) {
                return backup(path(arguments.get(1)), path(arguments.get(2)), out);
            } else if (arguments.size() == 3 && arguments.get(0).equals("restore")) {
                return restore(path(arguments.get(1)), path(arguments.get(2)), out, err);
            } else if (arguments.size() == 2 && arguments.get(0).equals("verify")) {
                return verify(path(arguments.get(1)), out, err);
            }
            err.println("backup FILE DIRECTORY, restore FILE DIRECTORY or verify FILE-OR-DIRECTORY");
            return 2;
        } catch (Failure e) {
            err.println(printable(e.reason()));
            return 1;
        } catch (IOException e) {
            err.println(printable(e.toString()));
            return 1;
        }
    }

    private static Path path(String text) {
        return Path.of(text).toAbsolutePath().normalize();
    }

    /** Names and ids may come from clients, and a terminal obeys control characters. */
    private static String printable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (Character.isISOControl(point)) {
                safe.append(String.format("\\u%04x", point));
            } else {
                safe.appendCodePoint(point);
            }
        });
        return safe.toString();
    }

    private static int backup(Path file, Path directory, PrintWriter out) throws IOException {
        if (DirectoryLock.used(directory)) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    "a running node uses " + directory + "; ask that node for the backup: POST /operations on its"
                            + " administration port, with the JSON {\"operation\": \"backup\"}");
        }
        BackupWriter writer = new BackupWriter(file, () -> {});
        writer.check();
        try (ClosedStore store = ClosedStore.open(directory)) {
            Manifest manifest = writer.write(store.point());
            out.println(file + " is the backup of " + directory + " up to sequence " + manifest.sequence() + ", "
                    + Files.size(file) + " bytes");
            return 0;
        } catch (DamagedException e) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE, directory + " is damaged and was not backed up: " + e.getMessage());
        }
    }

    private static int restore(Path file, Path directory, PrintWriter out, PrintWriter err) throws IOException {
        if (!Files.isReadable(file)) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no backup " + file + " that can be read");
        }
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (DirectoryLock lock = DirectoryLock.take(directory)) {
            Restore.Restored restored = new Restore(lock.directory()).restore(file);
            report(restored.findings(), out, err);
            out.println(
                    directory + " is now as it was at " + restored.manifest().made() + ", sequence "
                            + restored.manifest().sequence());
            Path replaced = restored.replaced();
            if (replaced != null) {
                out.println("what was there before is in " + replaced + "; remove it when nobody needs it");
            }
            return 0;
        } catch (DamagedException e) {
            err.println(printable("the backup " + file + " is damaged: " + e.getMessage()));
            err.println(directory + " was not changed");
            return 1;
        }
    }

    private static int verify(Path path, PrintWriter out, PrintWriter err) throws IOException {
        if (Files.isDirectory(path)) {
            boolean whole = !Files.exists(path.resolve(DirectoryFormat.FILE)) && Files.isDirectory(path.resolve(STORE));
            return directory(whole ? path.resolve(STORE) : path, out, err);
        }
        if (!Files.isReadable(path)) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no data directory and no backup " + path);
        }
        return backup(path, out, err);
    }

    private static int directory(Path directory, PrintWriter out, PrintWriter err) {
        try (ClosedStore store = ClosedStore.open(directory)) {
            Inspector.Findings findings = store.inspect();
            report(findings, out, err);
            if (findings.count() > 0) {
                err.println(directory + " is damaged: " + findings.count()
                        + " problems; restore a backup with 'tarn restore'");
                return 1;
            }
            out.println(directory + " is sound");
            return 0;
        } catch (DamagedException e) {
            err.println(
                    printable(directory + " is damaged: " + e.getMessage() + "; restore a backup with 'tarn restore'"));
            return 1;
        }
    }

    /** Unpacks it beside itself, where there is room for it most likely, and inspects what is in it. */
    private static int backup(Path file, PrintWriter out, PrintWriter err) throws IOException {
        Path unpacked = unpacked(file);
        try (BackupReader backup = BackupReader.open(file)) {
            backup.unpack(unpacked);
            report(Restore.inspect(unpacked), out, err);
            out.println(file + " is sound: made at " + backup.manifest().made() + ", sequence "
                    + backup.manifest().sequence());
            return 0;
        } catch (DamagedException e) {
            err.println(printable("the backup " + file + " is damaged: " + e.getMessage()));
            return 1;
        } finally {
            Restore.delete(unpacked);
        }
    }

    private static Path unpacked(Path file) throws IOException {
        Path beside = file.resolveSibling("");
        return Files.isWritable(beside)
                ? Files.createTempDirectory(beside, file.getFileName() + ".verify-")
                : Files.createTempDirectory("tarn-verify-");
    }

    private static void report(Inspector.Findings findings, PrintWriter out, PrintWriter err) {
        findings.rows().forEach((table, rows) -> out.printf("%12d rows in %s%n", rows, printable(table)));
        out.printf("%12d changes in the log", findings.entries());
        out.println(findings.entries() == 0 ? "" : ", " + findings.first() + " to " + findings.last());
        findings.problems().forEach(problem -> err.println(printable(problem)));
        long more = findings.count() - findings.problems().size();
        if (more > 0) {
            err.println("and " + more + " more");
        }
    }
}

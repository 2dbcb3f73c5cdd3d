// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.User;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that there is an administrator: with the configured password, or with one that is made up and written where only the owner of the data directory reads it. */
final class FirstAdministrator {

    /** In the data directory; one line: name, space, password. */
    static final String FILE = "administrator-password";

    /** Digits and letters that are not mistaken for one another: five bits each. */
    private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

    private static final int GROUPS = 7;
    private static final int GROUP = 4;

    private static final long COMMIT_SECONDS = 60;

    private static final Logger LOG = LoggerFactory.getLogger(FirstAdministrator.class);

    private final UserTable table;
    private final Settings settings;

    FirstAdministrator(UserTable table, Settings settings) {
        this.table = table;
        this.settings = settings;
    }

    /** Blocks until there is an administrator, unless callers without credentials are ones anyway. */
    void ensure() {
        if (!settings.password().isEmpty()) {
            give(settings.password());
        } else if (!settings.anonymousAdministrators() && !table.hasAdministrator()) {
            makeUp();
        }
    }

    /** The configured password holds from each start on: so an operator who lost it gets in again. */
    private void give(String password) {
        byte[] secret = password.getBytes(StandardCharsets.UTF_8);
        UserTable.Entry entry = table.find(settings.administrator());
        boolean so = entry != null
                && entry.stored().user().administrator()
                && entry.stored().password().matches(secret);
        if (!so) {
            put(entry, secret);
            LOG.info("administrator=set name={}", settings.administrator());
        }
        Arrays.fill(secret, (byte) 0);
    }

    private void makeUp() {
        if (settings.directory().isEmpty()) {
            throw new IllegalStateException("there is no administrator: set security.administrator.password, or"
                    + " security.directory to where one's password may be written");
        }
        String password = password();
        // The file comes first: a row whose password nobody was told would lock everybody out.
        Path file;
        try {
            file = write(Path.of(settings.directory()), settings.administrator(), password);
        } catch (IOException e) {
            throw new UncheckedIOException("the administrator's password cannot be written", e);
        }
        put(table.find(settings.administrator()), password.getBytes(StandardCharsets.UTF_8));
        LOG.warn("administrator=made name={} password-in={}", settings.administrator(), file);
    }

    private void put(UserTable.@Nullable Entry before, byte[] secret) {
        Set<String> roles = before == null ? Set.of() : before.stored().user().roles();
        try {
            table.put(new User(settings.administrator(), roles, true), secret)
                    .toCompletableFuture()
                    .get(COMMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the administrator was written", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the administrator cannot be written", e);
        }
    }

    /** A password of 140 random bits, in groups of four. */
    static String password() {
        SecureRandom random = new SecureRandom();
        StringBuilder password = new StringBuilder();
        for (int i = 0; i < GROUPS * GROUP; i++) {
            if (i > 0 && i % GROUP == 0) {
                password.append('-');
            }
            password.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return password.toString();
    }

    /** Writes the file, mode 0600 from its first moment; it is durable when this returns. */
    static Path write(Path directory, String name, String password) throws IOException {
        Path file = directory.resolve(FILE);
        Path draft = directory.resolve("." + FILE + ".new");
        Files.createDirectories(directory);
        Files.deleteIfExists(draft);
        byte[] line = (name + " " + password + "\n").getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel =
                FileChannel.open(draft, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly())) {
            ByteBuffer rest = ByteBuffer.wrap(line);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        return Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static FileAttribute<?>[] ownerOnly() {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        return new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        };
    }
}

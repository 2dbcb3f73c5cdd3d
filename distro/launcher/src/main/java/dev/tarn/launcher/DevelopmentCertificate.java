// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * {@code tarn certificate [folder] [name ...]}: an authority of one's own and a certificate of it for this machine, for
 * development. The keys are made by the JDK's keytool, and written as PEM with mode 0600.
 */
final class DevelopmentCertificate {
    private static final long KEYTOOL_SECONDS = 120;
    private static final String DAYS = "825";

    private final Path folder;
    private final List<String> names;
    private final String password = HexFormat.of().formatHex(new SecureRandom().generateSeed(16));

    private DevelopmentCertificate(Path folder, List<String> names) {
        this.folder = folder;
        this.names = names;
    }

    /** Makes the files and tells which. Fails with a {@link Refusal}; never overwrites a file. */
    static void make(List<String> words, Path home, PrintStream out) throws InterruptedException {
        Path folder = words.isEmpty() ? home.resolve("conf") : Path.of(words.get(0));
        List<String> names = new ArrayList<>(List.of("localhost"));
        names.addAll(words.subList(Math.min(1, words.size()), words.size()));
        for (String name : names) {
            if (!name.matches("[A-Za-z0-9.:*-]{1,253}")) {
                throw Refusal.usage("'" + name + "' is no name or address of a machine");
            }
        }
        new DevelopmentCertificate(folder, names).make(out);
    }

    private void make(PrintStream out) throws InterruptedException {
        for (String file : List.of("tarn-ca.crt", "tarn-ca.key", "tarn.crt", "tarn.key")) {
            if (Files.exists(folder.resolve(file))) {
                throw Refusal.usage(
                        folder.resolve(file) + " is there already; remove it first, or name another folder");
            }
        }
        Path store = null;
        try {
            Files.createDirectories(folder);
            store = Files.createTempFile("tarn-certificate", ".p12");
            Files.delete(store);
            pair(store, "ca", "CN=Tarn development authority", "bc:c=ca:true", "ku:c=keyCertSign,cRLSign");
            pair(store, "server", "CN=" + names.get(0), alternatives(), "eku=serverAuth");
            Path request = sibling(store, ".csr");
            Path issued = sibling(store, ".crt");
            keytool(store, "-certreq", "-alias", "server", "-file", request.toString());
            keytool(
                    store,
                    "-gencert",
                    "-alias",
                    "ca",
                    "-infile",
                    request.toString(),
                    "-outfile",
                    issued.toString(),
                    "-validity",
                    DAYS,
                    "-ext",
                    alternatives(),
                    "-ext",
                    "eku=serverAuth");
            keytool(store, "-importcert", "-alias", "server", "-noprompt", "-file", issued.toString());
            Files.delete(request);
            Files.delete(issued);
            write(store);
        } catch (IOException | GeneralSecurityException failure) {
            throw Refusal.failed("no certificate was made: " + Cause.line(failure));
        } finally {
            delete(store);
        }
        out.println("made in " + folder.toAbsolutePath().normalize() + ": tarn.crt and tarn.key for "
                + String.join(", ", names) + ", by the authority tarn-ca.crt, which clients must trust");
        out.println("tarn start --set tls.certificate="
                + folder.resolve("tarn.crt").toAbsolutePath() + " --set tls.key="
                + folder.resolve("tarn.key").toAbsolutePath() + " --set http.tls.port=9927 --set mqtt.tls.port=8883");
    }

    private static Path sibling(Path file, String ending) {
        return file.resolveSibling(file.getFileName() + ending);
    }

    private static void delete(java.nio.file.@org.jspecify.annotations.Nullable Path store) {
        try {
            if (store != null) {
                Files.deleteIfExists(store);
            }
        } catch (IOException left) {
            throw Refusal.failed(store + " has keys in it and cannot be removed: " + Cause.line(left));
        }
    }

    private String alternatives() {
        List<String> all = new ArrayList<>(List.of("ip:127.0.0.1", "ip:::1"));
        for (String name : names) {
            all.add((name.matches("[0-9.]+|.*:.*") ? "ip:" : "dns:") + name);
        }
        return "san=" + String.join(",", all);
    }

    private void pair(Path store, String alias, String name, String... extensions)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                name,
                "-validity",
                DAYS));
        for (String extension : extensions) {
            words.add("-ext");
            words.add(extension);
        }
        keytool(store, words.toArray(String[]::new));
    }

    private void keytool(Path store, String... words) throws IOException, InterruptedException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        if (!Files.isExecutable(tool)) {
            throw Refusal.failed("this Java has no keytool at " + tool + "; use openssl instead");
        }
        List<String> command = new ArrayList<>(List.of(tool.toString()));
        command.addAll(List.of(words));
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass:env", "TARN_KEYS"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TARN_KEYS", password);
        Process process = builder.start();
        String said;
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            said = String.join(" ", reader.lines().toList());
        }
        if (!process.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw Refusal.failed("keytool did not make a certificate: " + Printable.text(said));
        }
    }

    private void write(Path store) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
        Certificate authority = keys.getCertificate("ca");
        pem("tarn-ca.crt", "CERTIFICATE", List.of(authority.getEncoded()));
        key("tarn-ca.key", keys.getKey("ca", password.toCharArray()));
        pem("tarn.crt", "CERTIFICATE", List.of(keys.getCertificate("server").getEncoded(), authority.getEncoded()));
        key("tarn.key", keys.getKey("server", password.toCharArray()));
    }

    private void key(String file, Key key) throws IOException {
        pem(file, "PRIVATE KEY", List.of(key.getEncoded()));
    }

    /** Mode 0600 from its first moment. */
    private void pem(String file, String kind, List<byte[]> blocks) throws IOException {
        StringBuilder text = new StringBuilder();
        Base64.Encoder encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
        for (byte[] block : blocks) {
            text.append("-----BEGIN ").append(kind).append("-----\n");
            text.append(encoder.encodeToString(block)).append('\n');
            text.append("-----END ").append(kind).append("-----\n");
        }
        Path target = folder.resolve(file);
        boolean posix = Files.getFileStore(folder).supportsFileAttributeView("posix");
        FileAttribute<?>[] mode = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        try (var channel =
                Files.newByteChannel(target, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
            channel.write(java.nio.ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII)));
        }
    }
}

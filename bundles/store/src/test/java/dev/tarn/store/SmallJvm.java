// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * Starts processes that run a class of these tests and come up quickly: folders of classes become a jar, and what was loaded
 * once is in an archive that the next ones share.
 */
final class SmallJvm {

    private final Path directory;
    private final String classPath;

    /** @param directory for the jars and the archive, of one's own */
    SmallJvm(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        List<String> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path place = Path.of(entry);
            if (Files.isDirectory(place)) {
                Path jar = directory.resolve(path.size() + ".jar");
                pack(place, jar);
                path.add(jar.toString());
            } else if (Files.exists(place)) {
                path.add(entry);
            }
        }
        classPath = String.join(File.pathSeparator, path);
    }

    private static void pack(Path folder, Path jar) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream zip = new JarOutputStream(out)) {
            for (Path file : files) {
                zip.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
    }

    /** Runs it to its end once, so that the archive is there; without one, processes only start more slowly. */
    void warm(Class<?> main, String... arguments) throws IOException, InterruptedException {
        List<String> command = command("-XX:ArchiveClassesAtExit=" + archive());
        command.add(main.getName());
        command.addAll(List.of(arguments));
        new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private Path archive() {
        return directory.resolve("classes.jsa");
    }

    /** A process that runs a class. */
    ProcessBuilder process(Class<?> main, String... arguments) {
        List<String> command = Files.exists(archive())
                ? command("-XX:SharedArchiveFile=" + archive(), "-Xshare:auto")
                : command("-Xshare:auto");
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }

    private List<String> command(String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xlog:disable",
                "-Dexodus.gc.startIn=100"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .toList());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", classPath));
        return command;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.spi.ToolProvider;

/**
 * Commands that work on the data of a node that is stopped. A bundle offers them as a {@link ToolProvider}, so that they need
 * no framework: its classes are loaded from the image's jars, all on one class path.
 */
final class Tools {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Arguments arguments;
    private final Image image;

    Tools(Arguments arguments, Image image) {
        this.arguments = arguments;
        this.image = image;
    }

    /** Runs the command and returns the exit code. Fails with a {@link Refusal}. */
    int run(PrintStream out, PrintStream err) {
        Logging.begin("error");
        try (URLClassLoader jars = jars()) {
            ToolProvider tool = ServiceLoader.load(ToolProvider.class, jars).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(each -> each.name().equals(Launch.STORE))
                    .findFirst()
                    .orElseThrow(() -> Refusal.failed("no bundle below " + image.home() + " can do this"));
            return tool.run(writer(out), writer(err), words().toArray(String[]::new));
        } catch (IOException failure) {
            throw Refusal.failed("the bundles cannot be read: " + Cause.line(failure));
        }
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    private URLClassLoader jars() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (Image.Jar jar : image.jars()) {
            urls.add(jar.file().toUri().toURL());
        }
        return new URLClassLoader("tools", urls.toArray(URL[]::new), Tools.class.getClassLoader());
    }

    private List<String> words() {
        Settings settings = Launch.settings(arguments, image);
        Path store = image.resolve(Plan.own(new Catalog(), settings, "data.directory"))
                .resolve(Launch.STORE);
        List<String> words = new ArrayList<>();
        words.add(arguments.command().name().toLowerCase(Locale.ROOT));
        switch (arguments.command()) {
            case BACKUP -> {
                String name = "tarn-" + TIME.format(Instant.now()) + ".zip";
                words.add(arguments
                        .operand()
                        .orElseGet(() -> Path.of(name).toAbsolutePath())
                        .toString());
                words.add(store.toString());
            }
            case RESTORE -> {
                words.add(arguments.operand().orElseThrow().toString());
                words.add(store.toString());
            }
            default -> words.add(arguments.operand().orElse(store).toString());
        }
        return words;
    }
}

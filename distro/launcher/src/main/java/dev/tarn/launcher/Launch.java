// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import dev.tarn.launcher.Plan.Configuration;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.slf4j.LoggerFactory;

/** One run of {@code tarn dev} or {@code tarn start}, from the settings to the exit code. */
final class Launch {
    /** Keys that components have for the launcher, which knows their values. */
    static final Set<String> GIVEN = Set.of(
            "store.directory",
            "security.directory",
            "security.mode",
            "tls.directory",
            "applications.directory",
            "applications.folders",
            "operations.deploy",
            "operations.protocols");

    /** The folder of the store below the data directory. */
    static final String STORE = "store";

    private static final long READY_SECONDS = 60;
    private static final long STOP_SECONDS = 25;

    /** Marks a {@code BooleanSupplier} that says whether everything that was to be started is, listeners included. */
    private static final String STARTED = "tarn.started";

    private final Arguments arguments;
    private final Image image;
    private final PrintStream out;
    private final AtomicBoolean ended = new AtomicBoolean();

    Launch(Arguments arguments, Image image, PrintStream out) {
        this.arguments = arguments;
        this.image = image;
        this.out = out;
    }

    private boolean dev() {
        return arguments.command() == Arguments.Command.DEV;
    }

    /** Runs until stopped. Fails with a {@link Refusal} when it cannot start. */
    void run() throws InterruptedException {
        Settings settings = settings();
        List<Image.Jar> jars = image.jars();
        Catalog catalog = new Catalog();
        describe(catalog, jars);
        Path deploy = image.resolve(Plan.own(catalog, settings, "deploy.directory"));
        describe(catalog, deployed(deploy));
        Path data = image.resolve(Plan.own(catalog, settings, "data.directory"));
        Map<String, String> given = given(data, deploy);
        Plan plan = Plan.of(catalog, settings, given);
        check(plan);
        Logging.begin(Plan.own(catalog, settings, "log.level"));
        plan.warnings()
                .forEach(warning -> LoggerFactory.getLogger("dev.tarn.launcher").warn("{}", warning));
        plan.unheard()
                .forEach(
                        protocol -> LoggerFactory.getLogger("dev.tarn.launcher").warn("{}", Plan.portless(protocol)));
        try (DataDirectory held = DataDirectory.open(data)) {
            forget(held.folder().resolve(Address.LISTENERS));
            Container container = new Container(held.folder().resolve("cache"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> terminated(container, held), "tarn-stop"));
            try {
                start(
                        container,
                        jars,
                        List.of(image.protocols(), deploy),
                        new Configured(catalog, settings, given, plan));
                container.awaitStop();
            } catch (BundleException failure) {
                throw Refusal.failed("the framework does not start: " + Cause.line(failure));
            } catch (Refusal | IllegalStateException failure) {
                if (ended.get()) {
                    // Told to stop while starting: the shutdown thread ends the process, and nothing has failed.
                    new CountDownLatch(1).await();
                }
                throw failure;
            } finally {
                if (!ended.getAndSet(true)) {
                    container.stop(STOP_SECONDS);
                }
            }
        }
    }

    private record Configured(Catalog catalog, Settings settings, Map<String, String> given, Plan plan) {}

    private void start(Container container, List<Image.Jar> jars, List<Path> hot, Configured configured)
            throws BundleException, InterruptedException {
        List<Image.Jar> fixed =
                jars.stream().filter(jar -> jar.level() != Image.PROTOCOLS).toList();
        FrameworkLog log = container.begin(fixed);
        AtomicBoolean ready = new AtomicBoolean();
        container.context().registerService(BooleanSupplier.class, ready::get, new Hashtable<>(Map.of(STARTED, true)));
        Configurations configurations = new Configurations(
                container.context(), configured.catalog(), configured.settings(), this::settings, configured.given());
        configurations.begin(configured.plan());
        Deployments deployments = new Deployments(container.context(), hot);
        List<Bundle> required = new ArrayList<>(container.bundles());
        List<Bundle> added = new ArrayList<>();
        for (Bundle bundle : deployments.begin()) {
            boolean shipped = bundle.getLocation().contains(image.protocols().toString());
            (shipped ? required : added).add(bundle);
        }
        container.behind();
        Readiness readiness = new Readiness(container.context(), required);
        readiness.settle();
        container.doors();
        List<Listening> listening = readiness.await(listeners(configured), added, READY_SECONDS);
        log.release();
        deployments.follow();
        List<Listening> open =
                listening.stream().filter(each -> each.address().isPresent()).toList();
        Path data = Path.of(configured.given().get("security.directory"));
        tell(data.resolve(Address.LISTENERS), open);
        ready.set(true);
        announce(open, data);
        new SavedChanges(container.context(), configurations, file(arguments, image), container::stopping).begin();
        container.startLater();
    }

    /** The data directory that a command line and the configuration mean. */
    static Path data(Arguments arguments, Image image) {
        return image.resolve(Plan.own(new Catalog(), settings(arguments, image), "data.directory"));
    }

    private Settings settings() {
        return settings(arguments, image);
    }

    /** What the configuration file and the command line say. */
    static Settings settings(Arguments arguments, Image image) {
        return Settings.of(file(arguments, image), arguments.values());
    }

    /** The configuration file, if there is one. */
    private static Optional<Path> file(Arguments arguments, Image image) {
        return arguments
                .configuration()
                .or(() -> Optional.of(image.configuration()).filter(Files::isRegularFile));
    }

    private static void describe(Catalog catalog, List<Image.Jar> jars) {
        for (Image.Jar jar : jars) {
            try {
                Described.in(jar.file()).ifPresent(catalog::add);
            } catch (IOException unreadable) {
                throw Refusal.failed("bundle " + jar.file() + " cannot be read: " + Cause.line(unreadable));
            }
        }
    }

    /** Jars to be deployed that can be read; the others are told of when they are tried. */
    private static List<Image.Jar> deployed(Path deploy) {
        try {
            return Image.in(deploy).stream()
                    .filter(file -> readable(file) && !Image.isApplication(file))
                    .map(file -> new Image.Jar(file, Image.PROTOCOLS))
                    .toList();
        } catch (IOException unreadable) {
            throw Refusal.failed("deploy directory " + deploy + " cannot be read: " + Cause.line(unreadable));
        }
    }

    private static boolean readable(Path file) {
        try {
            Described.in(file);
            return true;
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** What components are told by the launcher and not by the file. */
    private Map<String, String> given(Path data, Path deploy) {
        Map<String, String> given = new HashMap<>();
        given.put("store.directory", data.resolve(STORE).toString());
        given.put("security.directory", data.toString());
        given.put("security.mode", dev() ? "dev" : "start");
        given.put("tls.directory", image.home().toString());
        given.put("applications.directory", deploy.toString());
        given.put("operations.deploy", deploy.toString());
        given.put("operations.protocols", image.protocols().toString());
        given.put(
                "applications.folders", arguments.operand().map(Path::toString).orElse(""));
        arguments.operand().ifPresent(folder -> {
            if (!Files.isDirectory(folder)) {
                throw Refusal.usage("there is no folder " + folder);
            }
        });
        return given;
    }

    private void check(Plan plan) {
        if (!plan.errors().isEmpty()) {
            throw Refusal.usage(String.join("\n", plan.errors()));
        }
        for (Configuration listener : listeners(plan)) {
            if (dev() && !loopback(listener.host())) {
                throw Refusal.usage(
                        "tarn dev answers on loopback only, since everyone who reaches it is an administrator;"
                                + " listener " + listener.instance() + " is on " + listener.host()
                                + ": use 'tarn start', or 127.0.0.1");
            }
            boolean plain = !listener.instance().endsWith(Catalog.TLS);
            if (plain && !dev() && !plan.plaintext() && !loopback(listener.host())) {
                throw Refusal.usage("listener " + listener.instance() + " is on " + listener.host()
                        + " without TLS, so passwords would cross the network for all to read: use "
                        + listener.instance() + Catalog.TLS + ".port, or say security.plaintext: true");
            }
        }
    }

    private static boolean loopback(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (!address.isLoopbackAddress()) {
                    return false;
                }
            }
            return !host.isEmpty();
        } catch (UnknownHostException unknown) {
            throw Refusal.usage("unknown host '" + host + "'");
        }
    }

    private static List<Configuration> listeners(Plan plan) {
        return plan.configurations().stream().filter(Configuration::listener).toList();
    }

    private static List<String> listeners(Configured configured) {
        return listeners(configured.plan()).stream()
                .map(Configuration::instance)
                .toList();
    }

    private void announce(List<Listening> open, Path data) {
        // Not the start of the process, which may have been a shell for long before.
        long millis = System.currentTimeMillis()
                - ManagementFactory.getRuntimeMXBean().getStartTime();
        if (dev()) {
            out.println("""
                    ==================================================================
                      tarn dev: whoever reaches this machine's loopback addresses is
                      an administrator here, without a password. For development only.
                    ==================================================================""");
        }
        announce(data.resolve("administrator-password"));
        out.println("ready in " + millis + " ms  "
                + open.stream().map(Listening::words).collect(Collectors.joining("  ")));
        out.flush();
    }

    /** Removes what the node before this one has written. */
    private static void forget(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException kept) {
            throw Refusal.failed(file + " cannot be removed: " + Cause.line(kept));
        }
    }

    /** Writes where the listeners are, for commands that look for this node. */
    private static void tell(Path file, List<Listening> listening) {
        try {
            Files.writeString(
                    file,
                    listening.stream().map(Listening::words).collect(Collectors.joining("\n", "", "\n")),
                    StandardCharsets.UTF_8);
        } catch (IOException unwritable) {
            throw Refusal.failed(file + " cannot be written: " + Cause.line(unwritable));
        }
    }

    /** Shows the administrator's first password, once. */
    private void announce(Path password) {
        try {
            Path shown = password.resolveSibling(".administrator-password-shown");
            if (!dev() && Files.exists(password) && !Files.exists(shown)) {
                out.println("administrator, shown this once: "
                        + Printable.text(Files.readString(password, StandardCharsets.UTF_8)
                                .trim())
                        + "  (kept in " + password + ")");
                Files.createFile(shown);
            }
        } catch (IOException unreadable) {
            throw Refusal.failed(password + " cannot be read: " + Cause.line(unreadable));
        }
    }

    /** On the virtual machine's shutdown thread: SIGTERM or Ctrl-C. Stops in order, then ends with code 0. */
    private void terminated(Container container, DataDirectory held) {
        if (ended.getAndSet(true)) {
            return;
        }
        boolean stopped = false;
        try {
            stopped = container.stop(STOP_SECONDS);
            held.close();
        } finally {
            Logging.end();
            out.flush();
            Runtime.getRuntime().halt(stopped ? 0 : Refusal.FAILED);
        }
    }
}

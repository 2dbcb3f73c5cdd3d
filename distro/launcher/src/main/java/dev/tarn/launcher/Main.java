// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import dev.tarn.launcher.Catalog.Part;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The command {@code tarn}. */
public final class Main {

    private static final String HELP = """
            tarn init [folder] [javascript|java|tables]  writes a small application to begin with
            tarn dev [folder]    starts on loopback, everyone is an administrator; folder is an application to run
            tarn dev --debug     the same, and a debugger may attach to port 5005 (TARN_DEBUG_PORT)
            tarn start           starts with authentication
            tarn backup [file]   copies the data into one file, whether the node runs or not
            tarn restore file    puts what is in a backup in the place of the data
            tarn verify [path]   reads all of a backup, or of the data, and tells whether it is sound
            tarn certificate [folder] [name ...]  makes an authority and a certificate for development
            tarn keys            lists every configuration key with its default
            tarn version         tells the version
            tarn help            shows this

            Of a node that runs (found by its data directory, or by --url http://host:9925):
            tarn status          what runs, where it listens, what went through
            tarn bundle list | install FILE | update NAME FILE | start NAME | stop NAME | uninstall NAME
            tarn applications    what is deployed, in which version, and what is wrong with what is not
            tarn deploy FOLDER|JAR|ZIP [name]  deploys an application, or the next version of one
            tarn rollback NAME   goes back to the version before
            tarn undeploy NAME   takes an application away; its rows stay
            tarn user list | put NAME [roles=a,b] [administrator=true] | remove NAME
                 | import-mosquitto PASSWORDS [ACL]
            tarn role list | put FILE | remove NAME
            tarn token issue NAME [minutes=60] | revoke ID
            tarn audit [number of entries]
            tarn run OPERATION [key=value ...]
            tarn import TABLE FILE | export TABLE FILE [--query QUERY]
                                 rows from and to a file: .ndjson, .json or .csv (or --format); the same command
                                 goes on where it was stopped; --url is that of the http port here
            --user NAME          an administrator, password in TARN_PASSWORD; else the one made at the first start

            --data DIR           keep everything in this folder (data.directory)
            --conf FILE          read this configuration instead of conf/tarn.yaml
            --set key=value      set one key, such as http.port=0; may be repeated; wins over the file

            A listener's port: 0 takes a free one, off leaves it closed. Options for Java go first
            (tarn -Xmx512m start) or into TARN_OPTS.
            Exit codes: 0 stopped in order, done or sound, 1 cannot start, not done or not sound,
            2 wrong arguments or configuration.
            """;

    private Main() {}

    /** Runs the command; ends the process. */
    public static void main(String[] words) throws InterruptedException {
        int exitCode = 0;
        try {
            Image image = new Image(Path.of(System.getProperty("tarn.home", "."))
                    .toAbsolutePath()
                    .normalize());
            if (words.length > 0 && Bulk.COMMANDS.contains(words[0])) {
                new Bulk(List.of(words), System.err, Boolean.getBoolean("tarn.terminal")).run(image);
            } else if (words.length > 0 && words[0].equals("certificate")) {
                DevelopmentCertificate.make(List.of(words).subList(1, words.length), image.home(), System.out);
            } else if (words.length > 0 && words[0].equals("init")) {
                Starter.make(List.of(words).subList(1, words.length), image.home(), System.out);
            } else if (words.length > 0 && Remote.takes(List.of(words), image)) {
                new Remote(List.of(words), System.out).run(image);
            } else {
                exitCode = run(Arguments.of(List.of(words)), image, System.out);
            }
        } catch (Refusal refusal) {
            refusal.line().lines().forEach(line -> System.err.println("tarn: " + line));
            exitCode = refusal.exitCode();
        }
        System.out.flush();
        System.err.flush();
        System.exit(exitCode);
    }

    private static int run(Arguments arguments, Image image, PrintStream out) throws InterruptedException {
        switch (arguments.command()) {
            case DEV, START -> new Launch(arguments, image, out).run();
            case BACKUP, RESTORE, VERIFY -> {
                return new Tools(arguments, image).run(out, System.err);
            }
            case KEYS -> keys(image, out);
            case VERSION -> out.println("tarn " + version() + " (java " + Runtime.version() + ")");
            case HELP -> out.print(HELP);
        }
        return 0;
    }

    private static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    private static void keys(Image image, PrintStream out) {
        Catalog catalog = new Catalog();
        try {
            for (Image.Jar jar : image.jars()) {
                Described.in(jar.file()).ifPresent(catalog::add);
            }
        } catch (IOException unreadable) {
            throw Refusal.failed(Cause.line(unreadable));
        }
        for (Map.Entry<String, List<Part>> section : catalog.sections().entrySet()) {
            Map<String, Key> keys = new TreeMap<>();
            section.getValue().forEach(part -> keys.putAll(part.keys()));
            keys.keySet().removeIf(name -> Launch.GIVEN.contains(section.getKey() + "." + name));
            keys.forEach((name, key) -> {
                String standard = name.equals("port")
                        ? catalog.port(section.getKey()).orElse("")
                        : String.valueOf(key.standard() == null ? "" : key.standard());
                out.printf("%-34s %-12s  %s%n", section.getKey() + "." + name, standard, key.description());
            });
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Language;
import dev.tarn.api.application.Program;
import dev.tarn.api.application.Sources;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.client.ClientObserver;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.security.User;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Runs scripts in GraalJS. The language is started by the first application that has any, and costs nothing before. */
@Component(configurationPid = "dev.tarn.scripting")
@Designate(ocd = Scripting.Config.class)
public final class Scripting implements Language {

    /** What applications may use. */
    @ObjectClassDefinition(name = "Scripting", description = "What the scripts of an application may use")
    public @interface Config {
        @AttributeDefinition(description = "Processor time until a script waits or is done, 10ms to 60s")
        String time() default "1s";

        @AttributeDefinition(description = "Time until a request is answered, waiting included, 10ms to 10m")
        String answer() default "10s";

        @AttributeDefinition(description = "Memory that a script may allocate until it waits or is done, 1MB to 64GB")
        String memory() default "512MB";

        @AttributeDefinition(
                description = "Statements that a script may run until it waits or is done; 0 for any number")
        long statements() default 0;

        @AttributeDefinition(description = "Copies of an application that run at once, 1 to 64; 0 for one a processor")
        int copies() default 0;
    }

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,7})(ms|s|m)");
    private static final Pattern BYTES = Pattern.compile("([0-9]{1,6})(MB|GB)");

    private final Object starting = new Object();
    private final Bodies bodies;
    private final Tables tables;
    private final Resources resources;
    private final Transactions transactions;
    private final @Nullable BundleContext framework;
    private final Limits limits;
    private @Nullable Graal language;

    /**
     * With what scripts reach.
     *
     * @param framework null in plain Java, where tables that are sourced and listeners to events are told nothing
     */
    @Activate
    public Scripting(
            @Reference Bodies bodies,
            @Reference Tables tables,
            @Reference Resources resources,
            @Reference Transactions transactions,
            @Nullable BundleContext framework,
            Config config) {
        this.transactions = transactions;
        this.framework = framework;
        this.bodies = bodies;
        this.tables = tables;
        this.resources = resources;
        int copies = config.copies();
        if (copies < 0 || copies > 64) {
            throw new IllegalArgumentException("scripting.copies is 0 to 64, not " + copies);
        }
        if (config.statements() < 0) {
            throw new IllegalArgumentException("scripting.statements is 0 or more, not " + config.statements());
        }
        limits = new Limits(
                duration("time", config.time(), 10, 60_000),
                duration("answer", config.answer(), 10, 600_000),
                bytes(config.memory()),
                config.statements(),
                copies == 0 ? Math.max(2, Runtime.getRuntime().availableProcessors()) : copies);
    }

    private static long duration(String key, String text, long least, long most) {
        Matcher matcher = DURATION.matcher(text);
        long milliseconds = -1;
        if (matcher.matches()) {
            long unit = matcher.group(2).equals("ms") ? 1 : matcher.group(2).equals("s") ? 1_000 : 60_000;
            milliseconds = Long.parseLong(matcher.group(1)) * unit;
        }
        if (milliseconds < least || milliseconds > most) {
            throw new IllegalArgumentException(
                    "scripting." + key + " is a duration of " + least + "ms to " + most / 1000 + "s, not " + text);
        }
        return TimeUnit.MILLISECONDS.toNanos(milliseconds);
    }

    private static long bytes(String text) {
        Matcher matcher = BYTES.matcher(text);
        long megabytes = matcher.matches()
                ? Long.parseLong(matcher.group(1)) * (matcher.group(2).equals("GB") ? 1024 : 1)
                : 0;
        if (megabytes < 1 || megabytes > 65_536) {
            throw new IllegalArgumentException("scripting.memory is 1MB to 64GB, not " + text);
        }
        return megabytes << 20;
    }

    /** One start at a time; whoever loads waits for it. */
    private Graal graal() {
        synchronized (starting) {
            if (language == null) {
                language = new Graal();
            }
            return language;
        }
    }

    @Override
    public String name() {
        return "javascript";
    }

    @Override
    public Set<String> sections() {
        return Set.of(Bundle.SCRIPTS, Bundle.ENVIRONMENT);
    }

    @Override
    public boolean takes(Sources sources) {
        return Bundle.isOne(sources);
    }

    @Override
    public Program load(Sources sources) throws IOException {
        Bundle bundle = Bundle.of(sources);
        return new Loaded(
                new Loaded.Services(graal(), limits, bodies, tables::all, transactions, this::offer, this::mailbox),
                bundle);
    }

    private Mailbox mailbox(String application, @Nullable Context caller, Executor loop, Subscriber subscriber) {
        return resources.mailbox(caller == null ? context(application) : caller, loop, subscriber);
    }

    /** Registers what a program offers: where rows come from, who is told what clients do. */
    private AutoCloseable offer(Loaded program) {
        List<ServiceRegistration<?>> offered = new ArrayList<>();
        if (framework != null) {
            program.sources().forEach(source -> offered.add(framework.registerService(Source.class, source, null)));
            if (!program.events().isEmpty()) {
                Dictionary<String, Object> properties = new Hashtable<>();
                properties.put(ClientObserver.EVENTS, program.events().toArray(new String[0]));
                offered.add(framework.registerService(ClientObserver.class, new Listening(program), properties));
            }
        }
        return () -> offered.forEach(ServiceRegistration::unregister);
    }

    /** Applications watch and write as administrators do. */
    private Context context(String application) {
        return resources.context(
                new User("application " + application, Set.of(), true),
                "application",
                "application/" + application,
                null);
    }

    /** Ends the language and all that runs in it. */
    @Deactivate
    public void close() {
        synchronized (starting) {
            if (language != null) {
                language.close();
                language = null;
            }
        }
    }
}

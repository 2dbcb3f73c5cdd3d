// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Waits until the node accepts connections, or finds the reason why it never will. */
final class Readiness {
    private static final String DOOR = "dev.tarn.api.resource.Resources";
    private static final long LOOK_AGAIN_MILLIS = 20;
    private static final long ADDED_SECONDS = 10;

    /** How long applications that were there at the start are awaited. */
    private static final long SETTLING_SECONDS = 30;

    /** Marks a {@code BooleanSupplier} that says whether what was there at the start is deployed. */
    private static final String SETTLING = "tarn.settled";

    private static final String SETTLED = "(" + SETTLING + "=*)";

    /** What a component says of another one that it needs and that could not be made. */
    private static final String NEEDED = "Unable to get service for reference";

    private static final String LANGUAGE = "dev.tarn.api.application.Language";

    private final BundleContext context;
    private final List<Bundle> bundles;

    /** Looks at these bundles; others may fail without harm. */
    Readiness(BundleContext context, List<Bundle> bundles) {
        this.context = context;
        this.bundles = bundles;
    }

    /**
     * Returns the endpoints once all of these listeners are bound and everything behind them is there. Fails with a
     * {@link Refusal} as soon as something has failed, or after this time.
     *
     * @param added bundles that users brought: their listeners are awaited for a moment only, and only while they work
     */
    List<Listening> await(Collection<String> listeners, List<Bundle> added, long seconds) throws InterruptedException {
        bundles.forEach(Readiness::started);
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(ADDED_SECONDS);
        CountDownLatch never = new CountDownLatch(1);
        long settling = 0;
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds); System.nanoTime() < end; ) {
            failure().ifPresent(refusal -> {
                throw refusal;
            });
            Set<String> missing = new TreeSet<>(listeners);
            Set<String> harmless = new TreeSet<>();
            for (Bundle bundle : added) {
                String name = listener(bundle);
                harmless.addAll(List.of(name, name + Catalog.TLS));
                if (System.nanoTime() > patience
                        || bundle.getState() != Bundle.ACTIVE
                        || problem(context, bundle).isPresent()) {
                    missing.removeAll(List.of(name, name + Catalog.TLS));
                }
            }
            for (Bundle bundle : bundles) {
                harmless.removeAll(List.of(listener(bundle), listener(bundle) + Catalog.TLS));
            }
            List<Listening> endpoints = endpoints();
            for (Listening endpoint : endpoints) {
                missing.remove(endpoint.name());
                endpoint.problem()
                        .filter(problem -> !endpoint.optional() && !harmless.contains(endpoint.name()))
                        .ifPresent(problem -> {
                            throw Refusal.failed(problem + " (" + endpoint.name() + ".port; 0 takes a free one)");
                        });
            }
            if (missing.isEmpty()
                    && context.getServiceReference(DOOR) != null
                    && waiting().isEmpty()) {
                settling = settling == 0 ? System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLING_SECONDS) : settling;
                if (settled() || System.nanoTime() > settling) {
                    return endpoints;
                }
            }
            never.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
        List<String> waiting = waiting();
        if (waiting.isEmpty()) {
            waiting.add(
                    context.getServiceReference(DOOR) == null ? "there is no engine" : "not all listeners are open");
        }
        throw Refusal.failed("not ready after " + seconds + " s: " + String.join("; ", waiting));
    }

    /**
     * Returns once applications that are there serve or were refused, so that nobody reaches a table without its logic; after a
     * while also when one takes too long. Fails with a {@link Refusal} as soon as something has failed.
     */
    void settle() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLING_SECONDS);
        while (System.nanoTime() < end && !(deploys() && settled())) {
            failure().ifPresent(refusal -> {
                throw refusal;
            });
            never.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Whether whatever deploys is there, if there is anything. */
    private boolean deploys() {
        return components().stream()
                .filter(component -> component.description.properties.containsKey(SETTLING))
                .allMatch(component -> component.state == ComponentConfigurationDTO.ACTIVE);
    }

    /** The name of the listener that a bundle's protocol has; empty when it brings none. */
    private static String listener(Bundle bundle) {
        try {
            Described described = Described.in(bundle);
            return described.speaks() ? described.listenerName() : "";
        } catch (IOException unreadable) {
            throw Refusal.failed("bundle " + bundle.getSymbolicName() + " cannot be read: " + Cause.line(unreadable));
        }
    }

    /** Fails with a {@link Refusal} when the bundle is not running. */
    private static void started(Bundle bundle) {
        if (Container.fragment(bundle)
                || bundle.getState() == Bundle.ACTIVE
                || bundle.getState() == Bundle.UNINSTALLED) {
            return;
        }
        try {
            bundle.start();
        } catch (BundleException failure) {
            throw Refusal.failed(unstarted(bundle, failure));
        }
    }

    /** Why a bundle does not start, in one line. */
    static String unstarted(Bundle bundle, BundleException failure) {
        String name = "bundle " + bundle.getSymbolicName() + " " + bundle.getVersion();
        return failure.getType() == BundleException.RESOLVE_ERROR
                ? name + " does not resolve: " + Requirement.missing(String.valueOf(failure.getMessage()))
                : name + " does not start: " + Cause.line(failure);
    }

    /** Why a bundle that has started does not work: a component could not be made, or waits; empty when all do. */
    static Optional<String> problem(BundleContext context, Bundle bundle) {
        Readiness readiness = new Readiness(context, List.of(bundle));
        return bundle.getState() != Bundle.ACTIVE || context.getServiceReference(ServiceComponentRuntime.class) == null
                ? Optional.empty()
                : readiness
                        .failure()
                        .map(Refusal::getMessage)
                        .or(() -> readiness.waiting().stream().findFirst())
                        .map(problem -> "bundle " + bundle.getSymbolicName() + " " + bundle.getVersion()
                                + " does not work: " + problem);
    }

    /** Why a component could not be made: one that failed itself rather than one that needs such a one. */
    private Optional<Refusal> failure() {
        return components().stream()
                .filter(component -> component.state == ComponentConfigurationDTO.FAILED_ACTIVATION)
                .min(Comparator.comparing(component -> trace(component).contains(NEEDED)))
                .map(Readiness::refusal);
    }

    private static Refusal refusal(ComponentConfigurationDTO component) {
        String trace = trace(component);
        String cause = Cause.line(trace);
        String told = cause == null ? "component " + component.description.name + " has failed" : cause;
        // What a constructor says of its configuration.
        return trace.contains(IllegalArgumentException.class.getName()) ? Refusal.usage(told) : Refusal.failed(told);
    }

    private static String trace(ComponentConfigurationDTO component) {
        return component.failure == null ? "" : component.failure;
    }

    /** What waits for something that is not there. */
    private List<String> waiting() {
        List<String> waiting = new ArrayList<>();
        for (ComponentConfigurationDTO component : components()) {
            if (component.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
                Set<String> missing = new HashSet<>();
                for (UnsatisfiedReferenceDTO reference : component.unsatisfiedReferences) {
                    Arrays.stream(component.description.references)
                            .filter(each -> each.name.equals(reference.name))
                            .forEach(each -> missing.add(each.interfaceName));
                }
                waiting.add(component.description.name + " waits for " + String.join(", ", missing));
            }
        }
        return waiting;
    }

    private List<ComponentConfigurationDTO> components() {
        ServiceReference<ServiceComponentRuntime> reference =
                context.getServiceReference(ServiceComponentRuntime.class);
        if (reference == null) {
            throw Refusal.failed("the component runtime is not there");
        }
        ServiceComponentRuntime runtime = context.getService(reference);
        List<ComponentConfigurationDTO> components = new ArrayList<>();
        for (ComponentDescriptionDTO description :
                runtime.getComponentDescriptionDTOs(bundles.toArray(Bundle[]::new))) {
            components.addAll(runtime.getComponentConfigurationDTOs(description));
        }
        return components;
    }

    /** Whether applications that were there at the start serve, or were refused; those in languages that come, too. */
    private boolean settled() {
        if (context.getServiceReference(LANGUAGE) == null
                && components().stream()
                        .anyMatch(component ->
                                List.of(component.description.serviceInterfaces).contains(LANGUAGE))) {
            return false;
        }
        try {
            for (ServiceReference<BooleanSupplier> reference :
                    context.getServiceReferences(BooleanSupplier.class, SETTLED)) {
                BooleanSupplier settled = context.getService(reference);
                if (settled != null && !settled.getAsBoolean()) {
                    return false;
                }
            }
            return true;
        } catch (InvalidSyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The listeners that have tried to open their ports. */
    private List<Listening> endpoints() {
        try {
            ServiceReference<?>[] references = context.getAllServiceReferences(Listening.TYPE, null);
            List<Listening> found = new ArrayList<>();
            for (ServiceReference<?> reference : references == null ? new ServiceReference<?>[0] : references) {
                Listening.of(context, reference).ifPresent(found::add);
            }
            found.sort((a, b) -> a.name().compareTo(b.name()));
            return found;
        } catch (InvalidSyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

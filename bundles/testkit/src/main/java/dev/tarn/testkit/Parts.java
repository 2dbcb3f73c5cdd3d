// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.codec.Bodies;
import dev.tarn.codec.CodecBodies;
import dev.tarn.engine.Engine;
import dev.tarn.security.RoleAccess;
import dev.tarn.security.StoredUsers;
import dev.tarn.store.XodusStore;
import dev.tarn.testkit.Node.HttpFactory;
import dev.tarn.testkit.Node.Services;
import dev.tarn.testkit.Node.Setup;
import dev.tarn.transport.HttpFraming;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Listener;
import dev.tarn.transport.Loops;
import dev.tarn.transport.Meter;
import dev.tarn.transport.StreamProtocol;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The components of a {@link Node}, in the order in which they need one another, closed in the opposite one. */
final class Parts {

    private static final Set<String> LEAVING = Set.of("close", "stop");

    private final Deque<AutoCloseable> closing = new ArrayDeque<>();
    private final Map<String, Listener> listeners = new LinkedHashMap<>();
    private final Setup setup;
    private final Services services;

    Parts(Setup setup) {
        this.setup = setup;
        try {
            services = start();
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private Services start() {
        String directory = setup.directory.toString();
        Loops loops = closing(new Loops(config(Loops.Config.class, "loops", Map.of("count", 2))), Loops::close);
        Meter meter = new Meter();
        Bodies bodies = CodecBodies.standard();
        Map<String, Object> small = Map.of("directory", directory, "cache", "32MB", "rowCache", "16MB");
        XodusStore store = closing(
                new XodusStore(bodies, config(XodusStore.Config.class, "store", small), setup.clock),
                XodusStore::close);
        StoredUsers users = closing(
                new StoredUsers(
                        store, bodies, config(StoredUsers.Config.class, "security", Map.of("directory", directory))),
                StoredUsers::close);
        RoleAccess access = closing(new RoleAccess(store), RoleAccess::close);
        Engine engine = closing(
                new Engine(store, bodies, access, config(Engine.Config.class, "engine", Map.of()), setup.clock),
                Engine::close);
        List<StreamProtocol> streams = new ArrayList<>();
        Services made = new Services(store, bodies, users, access, engine, engine, engine, loops, meter, streams);
        for (Function<Services, StreamProtocol> factory : setup.streams) {
            StreamProtocol protocol = factory.apply(made);
            closing.push(() -> leave(protocol));
            streams.add(protocol);
        }
        List<StreamProtocol> served = new ArrayList<>(streams);
        if (!setup.https.isEmpty()) {
            HttpFraming framing =
                    new HttpFraming(users, engine, meter, config(HttpFraming.Config.class, "http", Map.of()));
            for (HttpFactory factory : setup.https) {
                HttpProtocol protocol = factory.make().apply(made);
                closing.push(() -> leave(protocol));
                framing.addProtocol(protocol, Map.of("service.ranking", factory.ranking()));
            }
            served.add(framing);
        }
        served.forEach(protocol -> listen(protocol, loops, meter));
        return made;
    }

    private void listen(StreamProtocol protocol, Loops loops, Meter meter) {
        Map<String, Object> here = Map.of("name", protocol.name(), "port", 0, "drain", "1s");
        Listener listener =
                closing(new Listener(loops, meter, config(Listener.Config.class, "listener", here)), Listener::close);
        listener.addProtocol(protocol);
        listeners.put(protocol.name(), listener);
    }

    private <A extends java.lang.annotation.Annotation> A config(
            Class<A> type, String section, Map<String, ?> defaults) {
        Map<String, Object> values = new HashMap<>(defaults);
        values.putAll(setup.configuration(section));
        return Configs.of(type, values);
    }

    /** Closes something that cannot be an AutoCloseable here. */
    private interface Close<T> {
        void close(T part) throws Exception;
    }

    private <T> T closing(T part, Close<T> close) {
        closing.push(() -> close.close(part));
        return part;
    }

    /** Deactivates a protocol as the framework would: those that hold anything have {@code close} or {@code stop}. */
    private static void leave(Object protocol) throws IllegalAccessException, InvocationTargetException {
        for (Method method : protocol.getClass().getMethods()) {
            if (method.getParameterCount() == 0 && LEAVING.contains(method.getName())) {
                method.invoke(protocol);
                return;
            }
        }
    }

    Services services() {
        return services;
    }

    int port(String listener) {
        Listener found = listeners.get(listener);
        if (found == null) {
            throw new IllegalArgumentException("no listener " + listener + ", only " + listeners.keySet());
        }
        return found.endpoint()
                .flatMap(endpoint -> endpoint.address())
                .orElseThrow(() -> new IllegalStateException("listener " + listener + " is not open"))
                .getPort();
    }

    /** Closes everything that was started, the last first. */
    void close() {
        RuntimeException failure = null;
        while (!closing.isEmpty()) {
            try {
                closing.pop().close();
            } catch (Exception problem) {
                if (failure == null) {
                    failure = new IllegalStateException("a part could not be closed", problem);
                } else {
                    failure.addSuppressed(problem);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}

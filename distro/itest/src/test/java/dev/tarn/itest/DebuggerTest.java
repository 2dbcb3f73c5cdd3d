// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.Method;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A debugger attaches to {@code tarn dev --debug} and stops a call in an application's own method. */
class DebuggerTest {
    private static final Path JAR = Path.of(System.getProperty("tarn.sensors"));
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    Path data;

    @Test
    void a_breakpoint_in_an_override_holds_the_call_until_it_is_resumed() throws Exception {
        try (Tarn tarn = Tarn.dev(data)
                .with("--debug")
                .environment("TARN_DEBUG_PORT", "0")
                .ready()) {
            URI applications = URI.create("http://" + tarn.address("admin") + "/applications/sensors");
            HttpRequest deploy = HttpRequest.newBuilder(applications)
                    .PUT(HttpRequest.BodyPublishers.ofFile(JAR))
                    .build();
            assertThat(CLIENT.send(deploy, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            VirtualMachine machine = attached(port(tarn));
            try {
                machine.eventRequestManager()
                        .createBreakpointRequest(override(machine).location())
                        .enable();
                HttpRequest put = HttpRequest.newBuilder(tarn.uri("/Sensors/1"))
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString("{\"temp\":120}"))
                        .build();
                CompletableFuture<HttpResponse<String>> answer =
                        CLIENT.sendAsync(put, HttpResponse.BodyHandlers.ofString());
                EventSet hit = hit(machine);
                assertThat(answer).isNotDone();
                hit.resume();
                assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
            } finally {
                machine.dispose();
            }
        }
    }

    /** The method that the application's author wrote. */
    private static Method override(VirtualMachine machine) {
        return machine.classesByName("com.example.sensors.SensorAlert").get(0).methodsByName("put").stream()
                .filter(method -> !method.isBridge())
                .findFirst()
                .orElseThrow();
    }

    private static String port(Tarn tarn) {
        return tarn.out().stream()
                .filter(line -> line.startsWith("Listening for transport dt_socket"))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1).strip())
                .findFirst()
                .orElseThrow(() -> new AssertionError(tarn.said()));
    }

    private static VirtualMachine attached(String port) throws Exception {
        AttachingConnector sockets = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(connector -> connector.name().equals("com.sun.jdi.SocketAttach"))
                .findFirst()
                .orElseThrow();
        Map<String, Connector.Argument> arguments = sockets.defaultArguments();
        arguments.get("hostname").setValue("127.0.0.1");
        arguments.get("port").setValue(port);
        return sockets.attach(arguments);
    }

    /** Waits for the breakpoint. */
    private static EventSet hit(VirtualMachine machine) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < end) {
            EventSet events = machine.eventQueue().remove(1_000);
            if (events == null) {
                continue;
            }
            for (Event event : events) {
                if (event instanceof BreakpointEvent) {
                    return events;
                }
            }
            events.resume();
        }
        throw new AssertionError("the breakpoint was not met");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.osgi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.StreamProtocol;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** The components of our bundles find each other. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
@SuppressWarnings("NullAway") // fields are injected
public class ComponentsTest {
    private static final long MILLIS = 10_000;

    @InjectService(timeout = MILLIS)
    Resources resources;

    @InjectService(timeout = MILLIS)
    Bodies bodies;

    @InjectService(timeout = MILLIS)
    ServiceComponentRuntime runtime;

    @Test
    public void every_component_is_there_but_those_that_wait_for_a_configuration(
            @InjectBundleContext BundleContext context) {
        int components = 0;
        for (ComponentDescriptionDTO description : runtime.getComponentDescriptionDTOs()) {
            if (!description.bundle.symbolicName.startsWith("dev.tarn.")) {
                continue;
            }
            components++;
            for (ComponentConfigurationDTO component : runtime.getComponentConfigurationDTOs(description)) {
                assertThat(component.state)
                        .as(description.name + " " + component.failure)
                        .isIn(ComponentConfigurationDTO.SATISFIED, ComponentConfigurationDTO.ACTIVE);
            }
            if (!"require".equals(description.configurationPolicy)) {
                assertThat(runtime.getComponentConfigurationDTOs(description))
                        .as(description.name)
                        .isNotEmpty();
            }
        }
        assertThat(components).isGreaterThan(10);
        assertThat(context.getBundles()).hasSizeGreaterThan(components);
    }

    @Test
    public void protocols_are_services(
            @InjectService(timeout = MILLIS, cardinality = 2) List<StreamProtocol> streams,
            @InjectService(timeout = MILLIS) HttpProtocol http) {
        assertThat(streams).extracting(StreamProtocol::name).contains("http", "mqtt");
        assertThat(http.name()).isEqualTo("rest");
    }

    @Test
    public void a_row_goes_through_all_layers() throws Exception {
        Context context = resources.context(new User("tester", Set.of(), true), "test", "osgi", null);
        Path path = Path.of("osgi/test");
        byte[] bytes = "seen".getBytes(StandardCharsets.UTF_8);
        resources
                .put(context, path, bodies.opaque("text/plain", bytes), Terms.NONE)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        Row row = resources
                .get(context, path)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS)
                .orElseThrow();
        assertThat(row.body().bytes()).isEqualTo(bytes);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Users;
import dev.tarn.transport.HttpFraming;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Meter;
import dev.tarn.transport.StreamProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * HTTP on the administration's listener: the framing, limits, login and Host and Origin checks of the other doors, with
 * the protocols that carry the service property {@code tarn.door=admin}. Safe on any thread.
 */
@Component(service = StreamProtocol.class, configurationPid = "dev.tarn.admin")
@Designate(ocd = AdminDoor.Config.class)
public final class AdminDoor implements StreamProtocol {
    private final HttpFraming framing;

    /** Settings of HTTP on the administration's listener. */
    @ObjectClassDefinition(name = "Administration")
    public @interface Config {
        /** Who we are. */
        @AttributeDefinition(
                description = "Names that requests may be addressed to (Host), each with or without a port,"
                        + " besides the listener's own address; * for any")
        String[] hosts() default {};

        /** 413 beyond it. */
        @AttributeDefinition(description = "Largest request body, such as a bundle that is uploaded")
        String bodyLimit() default "64MB";
    }

    @Activate
    public AdminDoor(@Reference Users users, @Reference Resources resources, @Reference Meter meter, Config config) {
        HttpFraming.Services services = new HttpFraming.Services(users, resources, meter);
        framing = HttpFraming.door(name(), services, List.of(config.hosts()), config.bodyLimit());
    }

    /** Lets a protocol of the administration answer requests. */
    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            target = "(tarn.door=admin)")
    public void addProtocol(HttpProtocol protocol, Map<String, Object> properties) {
        framing.addProtocol(protocol, properties);
    }

    /** Lets the protocol's running requests end, then cuts them; blocks until then. */
    public void removeProtocol(HttpProtocol protocol) {
        framing.removeProtocol(protocol);
    }

    @Override
    public String name() {
        return "admin";
    }

    @Override
    public List<String> applicationProtocols() {
        return framing.applicationProtocols();
    }

    @Override
    public Match match(ByteBuf firstBytes) {
        return framing.match(firstBytes);
    }

    @Override
    public void open(ChannelPipeline pipeline) {
        framing.open(pipeline);
    }
}

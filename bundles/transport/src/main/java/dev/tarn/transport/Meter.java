// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Component;

/** The counters of all protocols, by the protocol's name. They start at the node's start and never go back. */
@Component(service = Meter.class)
public final class Meter {
    private final Map<String, Traffic> traffic = new ConcurrentHashMap<>();

    /** The counters of one protocol; made when first asked for. */
    public Traffic traffic(String protocol) {
        return traffic.computeIfAbsent(protocol, name -> new Traffic());
    }

    /** A copy of the table, sorted by name; the counters themselves are live. */
    public Map<String, Traffic> all() {
        return new TreeMap<>(traffic);
    }
}

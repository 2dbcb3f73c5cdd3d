// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Start;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A subscription as it is stored. */
final class SubscriptionRow {
    private SubscriptionRow() {}

    static Map<String, @Nullable Object> of(Held held) {
        Packet.Options options = held.options();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("filter", held.wish().spelling());
        row.put("qos", (long) options.qos());
        row.put("noLocal", options.noLocal());
        row.put("retainAsPublished", options.retainAsPublished());
        row.put("retainHandling", (long) options.retainHandling());
        row.put("identifier", (long) held.identifier());
        row.put("since", held.since());
        row.put("start", held.start());
        row.put("scanning", held.scanning());
        if (held.scanning()) {
            Start.Progress progress = held.progress();
            Path last = progress.row();
            row.put("scannedTable", progress.table());
            row.put("scannedRow", last == null ? null : last.text());
            row.put("toldFirst", progress.first());
            row.put("toldLast", progress.last());
        }
        return row;
    }

    static Held read(int number, Map<?, ?> row) {
        Packet.Options options = new Packet.Options(
                (int) number(row, "qos"),
                Boolean.TRUE.equals(row.get("noLocal")),
                Boolean.TRUE.equals(row.get("retainAsPublished")),
                (int) number(row, "retainHandling"));
        Held held = new Held(PacketReader.wish(String.valueOf(row.get("filter")), options), number);
        held.renew(options, (int) number(row, "identifier"), number(row, "since"));
        held.start(number(row, "start"));
        if (Boolean.TRUE.equals(row.get("scanning"))) {
            held.scanOn(progress(row));
        }
        return held;
    }

    private static Start.Progress progress(Map<?, ?> row) {
        boolean begun = row.get("scannedTable") instanceof String && row.get("scannedRow") instanceof String;
        return new Start.Progress(
                begun ? String.valueOf(row.get("scannedTable")) : null,
                begun ? Path.of(String.valueOf(row.get("scannedRow"))) : null,
                number(row, "toldFirst"),
                number(row, "toldLast"));
    }

    private static long number(Map<?, ?> row, String name) {
        return row.get(name) instanceof Number number ? number.longValue() : 0;
    }
}

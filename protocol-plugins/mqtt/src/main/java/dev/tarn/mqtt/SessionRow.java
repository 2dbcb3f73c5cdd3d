// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.security.User;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A session as it is stored, without its subscriptions and unreleased identifiers. */
final class SessionRow {
    /** When the will of a client is due that is connected. */
    private static final long CONNECTED = 0;

    private SessionRow() {}

    /** [MQTT-3.1.2-7] */
    static Map<String, @Nullable Object> of(Session session) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("client", session.clientId());
        row.put("expiry", session.expiry());
        row.put("disconnectedAt", session.disconnectedAt());
        row.put("sentUpTo", session.sentUpTo());
        row.put("settledUpTo", session.inFlight().settledUpTo(session.sentUpTo()));
        List<Object> sent = new ArrayList<>();
        for (InFlight.Sent one : session.inFlight().all()) {
            InFlight.SentRow of = one.row();
            List<@Nullable Object> fields = new ArrayList<>(6);
            fields.add((long) one.packetId());
            fields.add(one.stage().name());
            fields.add(one.retain());
            fields.add(one.sequence());
            fields.add(of == null ? null : of.path());
            fields.add(of == null ? 0L : of.version());
            sent.add(fields);
        }
        row.put("sent", sent);
        if (!session.taken().isEmpty()) {
            List<Object> taken = new ArrayList<>();
            session.taken().forEach(one -> taken.add(List.of(one.group(), one.sequence())));
            row.put("taken", taken);
        }
        User user = session.user();
        if (user != null) {
            row.put("user", user.name());
            row.put("roles", List.copyOf(user.roles()));
            row.put("administrator", user.administrator());
        }
        Session.Bequest bequest = session.bequest();
        Packet.Will will = session.will();
        if (bequest != null) {
            row.put("will", will(bequest.will(), bequest.due()));
        } else if (will != null) {
            row.put("will", will(will, CONNECTED));
        }
        return row;
    }

    private static Map<String, @Nullable Object> will(Packet.Will will, long due) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("due", due);
        row.put("topic", will.topic().path().text());
        row.put("payload", will.payload());
        row.put("qos", (long) will.qos());
        row.put("retain", will.retain());
        ByteBuf properties = Unpooled.buffer();
        PropertyWriter.variable(properties, PropertyWriter.size(will.properties()));
        PropertyWriter.write(properties, will.properties());
        row.put("properties", ByteBufUtil.getBytes(properties));
        return row;
    }

    static Session read(long number, Map<?, ?> row, SessionTables.Begin begin) {
        Session session = begin.begin(String.valueOf(row.get("client")), number, number(row, "settledUpTo"));
        session.expiry(number(row, "expiry"));
        session.disconnectedAt(number(row, "disconnectedAt"));
        session.sentUpTo(number(row, "sentUpTo"));
        if (row.get("sent") instanceof List<?> sent) {
            long order = 0;
            for (Object one : sent) {
                if (one instanceof List<?> fields && fields.size() >= 5) {
                    session.inFlight().restore(sent(fields, ++order));
                }
            }
        }
        if (row.get("taken") instanceof List<?> taken) {
            for (Object one : taken) {
                if (one instanceof List<?> fields && fields.size() == 2) {
                    session.taken().add(new Session.Taken(number(fields.get(0)), number(fields.get(1))));
                }
            }
        }
        if (row.get("user") instanceof String name) {
            session.user(new User(name, roles(row.get("roles")), Boolean.TRUE.equals(row.get("administrator"))));
        }
        if (row.get("will") instanceof Map<?, ?> will) {
            long due = number(will, "due");
            if (due == CONNECTED) {
                session.will(will(will));
            } else {
                session.bequest(new Session.Bequest(will(will), due));
            }
        }
        return session;
    }

    private static InFlight.Sent sent(List<?> fields, long order) {
        return new InFlight.Sent(
                (int) number(fields.get(0)),
                InFlight.Stage.valueOf(String.valueOf(fields.get(1))),
                Boolean.TRUE.equals(fields.get(2)),
                order,
                number(fields.get(3)),
                fields.get(4) instanceof String path
                        ? new InFlight.SentRow(path, fields.size() > 5 ? number(fields.get(5)) : 0)
                        : null);
    }

    private static Packet.Will will(Map<?, ?> row) {
        byte[] properties = row.get("properties") instanceof byte[] bytes ? bytes : new byte[] {0};
        return new Packet.Will(
                TopicCache.topic(String.valueOf(row.get("topic")).getBytes(StandardCharsets.UTF_8)),
                row.get("payload") instanceof byte[] payload ? payload : new byte[0],
                (int) number(row, "qos"),
                Boolean.TRUE.equals(row.get("retain")),
                PropertyReader.read(Unpooled.wrappedBuffer(properties), PropertyType.Carrier.WILL));
    }

    private static Set<String> roles(@Nullable Object stored) {
        Set<String> roles = new LinkedHashSet<>();
        if (stored instanceof List<?> list) {
            list.forEach(role -> roles.add(String.valueOf(role)));
        }
        return roles;
    }

    private static long number(Map<?, ?> row, String name) {
        return number(row.get(name));
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.User;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an isolate is offered of us: functions and a few values, and nothing else. Called by the thread that is in it. */
final class Host {

    private static final int NOTHING = 0;
    private static final int RECORD = 1;
    private static final int ROWS = 2;
    private static final int DATA = 3;
    private static final int ITEMS = 4;
    private static final int BYTES = 5;

    /** Longer lines are cut in the log. */
    private static final int LONGEST_LINE = 8_192;

    private final Loaded program;
    private final Isolate isolate;
    private final Streams streams;
    private final Logger log;

    Host(Loaded program, Isolate isolate) {
        this.program = program;
        this.isolate = isolate;
        this.streams = new Streams(program, isolate);
        this.log = LoggerFactory.getLogger("dev.tarn.scripting.application." + program.application());
    }

    /** All of it as an object of the graal. */
    Object members() {
        Map<String, Object> members = new HashMap<>();
        members.put("index", isolate.index());
        members.put("modern", program.modern());
        new HostRows(program, isolate).offer(members);
        streams.offer(members);
        platform(members);
        members.put("answer", (ProxyExecutable) this::answer);
        members.put("fail", (ProxyExecutable) arguments -> {
            arguments[0]
                    .<Door>asHostObject()
                    .fail(arguments[1].asInt(), arguments[2].asString(), arguments[3].asString());
            return null;
        });
        members.put("judge", (ProxyExecutable) arguments -> {
            arguments[0].<Door>asHostObject().judge(arguments[1].asBoolean());
            return null;
        });
        members.put("facts", (ProxyExecutable) arguments -> facts(arguments[0].asHostObject()));
        return ProxyObject.fromMap(members);
    }

    private void platform(Map<String, Object> members) {
        members.put("uuid", (ProxyExecutable) arguments -> UUID.randomUUID().toString());
        members.put("now", (ProxyExecutable) arguments -> System.nanoTime() / 1e6);
        members.put("encode", (ProxyExecutable)
                arguments -> ByteBuffer.wrap(arguments[0].asString().getBytes(StandardCharsets.UTF_8)));
        members.put("decode", (ProxyExecutable) arguments -> {
            Object bytes = Values.out(arguments[0]);
            return bytes instanceof byte[] some ? new String(some, StandardCharsets.UTF_8) : String.valueOf(bytes);
        });
        members.put(
                "environment", (ProxyExecutable) arguments -> isolate.values().in(program.environment()));
        members.put("settings", (ProxyExecutable) arguments -> isolate.values().in(program.settings()));
        members.put("log", (ProxyExecutable) arguments -> {
            log(arguments[0].asString(), arguments[1].asString());
            return null;
        });
        members.put("timer", (ProxyExecutable) arguments -> {
            program.timers().set(isolate, arguments[0].asInt(), arguments[1].asDouble(), arguments[2].asBoolean());
            return null;
        });
        members.put("untimer", (ProxyExecutable) arguments -> {
            program.timers().cancel(isolate, arguments[0].asInt());
            return null;
        });
        members.put("source", (ProxyExecutable) arguments -> {
            isolate.sourced(
                    arguments[0].asString(), arguments[2].isNull() ? -1 : arguments[2].asDouble(), arguments[3]);
            return null;
        });
        members.put("fetch", (ProxyExecutable) arguments -> {
            fetch(arguments);
            return null;
        });
        members.put("transact", (ProxyExecutable) arguments -> {
            program.transact(isolate, arguments[0].asInt());
            return null;
        });
        members.put("listen", (ProxyExecutable) arguments -> {
            program.listen(isolate, arguments[0].asString());
            return null;
        });
    }

    /** Arguments: number, URL, method, names and values of headers, body or null. */
    private void fetch(Value... arguments) {
        int number = arguments[0].asInt();
        List<String> headers = new ArrayList<>();
        for (long at = 0; at < arguments[3].getArraySize(); at++) {
            headers.add(arguments[3].getArrayElement(at).asString());
        }
        String body = arguments[4].isNull() ? null : arguments[4].asString();
        program.fetcher()
                .send(new Fetcher.Asked(arguments[1].asString(), arguments[2].asString(), headers, body))
                .whenComplete((answered, failure) -> {
                    if (failure != null) {
                        isolate.settle(number, failure);
                        return;
                    }
                    isolate.hand(() -> isolate.function("settle")
                            .execute(
                                    number,
                                    false,
                                    isolate.values()
                                            .list(List.of(
                                                    answered.status(), pairs(answered.headers()), answered.text()))));
                });
    }

    private static List<List<String>> pairs(List<String> headers) {
        List<List<String>> pairs = new ArrayList<>();
        for (int at = 0; at + 1 < headers.size(); at += 2) {
            pairs.add(headers.subList(at, at + 2));
        }
        return pairs;
    }

    private void log(String level, String text) {
        String line = text.length() > LONGEST_LINE ? text.substring(0, LONGEST_LINE) + "…" : text;
        String escaped = line.replace("\\", "\\\\")
                .replace("\r", "\\r")
                .replace("\n", "\\n")
                .replace("\u001b", "\\u001b");
        switch (level) {
            case "trace" -> log.trace("{}", escaped);
            case "debug" -> log.debug("{}", escaped);
            case "warn" -> log.warn("{}", escaped);
            case "error" -> log.error("{}", escaped);
            default -> log.info("{}", escaped);
        }
    }

    /** What a request says about itself. */
    private @Nullable Object facts(Door door) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        Call call = door.call();
        if (call == null) {
            facts.put("user", Arrays.asList(null, false));
            facts.put("headers", List.of());
            facts.put("url", "");
            facts.put("timestamp", System.currentTimeMillis());
            return isolate.values().in(facts);
        }
        User user = call.context().user();
        List<Object> who = new ArrayList<>();
        who.add(user.name());
        who.add(user.administrator());
        who.addAll(user.roles());
        facts.put("user", who);
        facts.put(
                "headers",
                call.headers().stream()
                        .map(header -> List.of(header.name(), header.value()))
                        .toList());
        facts.put("url", "/" + call.path().text() + (call.query().isEmpty() ? "" : "?" + call.query()));
        facts.put("method", call.action().name());
        facts.put("protocol", call.context().protocol());
        facts.put(
                "ip",
                call.context().remote() instanceof InetSocketAddress peer && peer.getAddress() != null
                        ? peer.getAddress().getHostAddress()
                        : null);
        facts.put("timestamp", System.currentTimeMillis());
        return isolate.values().in(facts);
    }

    /** Arguments: door, status, names and values of headers or null, sort, what. */
    private @Nullable Object answer(Value... arguments) {
        Door door = arguments[0].asHostObject();
        int status = arguments[1].asInt();
        Answer answer = said(door, arguments[3].asInt(), arguments[4], arguments[2]);
        if (status != 0) {
            if (status < 200 || status > 599) {
                throw new IllegalArgumentException("a status is 200 to 599, not " + status);
            }
            answer = answer.status(status);
        }
        long headers = arguments[2].isNull() ? 0 : arguments[2].getArraySize();
        for (long at = 0; at + 1 < headers; at += 2) {
            String name = arguments[2].getArrayElement(at).asString();
            if (!name.equals("content-type")) {
                answer =
                        answer.header(name, arguments[2].getArrayElement(at + 1).asString());
            }
        }
        door.answer(answer);
        return null;
    }

    private Answer said(Door door, int sort, Value what, Value headers) {
        return switch (sort) {
            case NOTHING -> door.writes() ? Answer.PLAIN : Answer.of(Optional.empty());
            case RECORD -> Answer.of(Optional.of(what.<Row>asHostObject()));
            case ROWS ->
                Answer.of(door.rows(
                                what.getArrayElement(0).asString(),
                                what.getArrayElement(1).asBoolean())
                        .search(what.getArrayElement(2).asString()));
            case DATA -> data(door, Values.out(what));
            case ITEMS -> Answer.items(streams.items(what.asInt()));
            case BYTES -> Answer.of(bytes(Values.out(what), type(headers)));
            default -> throw new IllegalArgumentException("answer of sort " + sort);
        };
    }

    private Answer data(Door door, @Nullable Object value) {
        return door.isCreated(value) ? Answer.PLAIN : Answer.of(bodies().of(value));
    }

    private Body bytes(@Nullable Object value, @Nullable String type) {
        if (value instanceof byte[] some) {
            return bodies().opaque(type == null ? Body.OPAQUE : type, some);
        }
        if (value instanceof String text) {
            return bodies().opaque(
                            type == null ? "text/plain;charset=utf-8" : type, text.getBytes(StandardCharsets.UTF_8));
        }
        throw new IllegalArgumentException("a body is text or bytes; what is to be written as data is in 'data'");
    }

    private static @Nullable String type(Value headers) {
        for (long at = 0; at + 1 < headers.getArraySize(); at += 2) {
            if (headers.getArrayElement(at).asString().toLowerCase(Locale.ROOT).equals("content-type")) {
                return headers.getArrayElement(at + 1).asString();
            }
        }
        return null;
    }

    private Bodies bodies() {
        return program.bodies();
    }
}

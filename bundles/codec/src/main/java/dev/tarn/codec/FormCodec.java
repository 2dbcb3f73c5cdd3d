// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Failure;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * An object as an HTML form sends it. Everything that is read is text; a name that comes several times becomes a list.
 * Safe on any thread, never blocks.
 */
@Component(service = Codec.class, configurationPid = "dev.tarn.codec", property = "name=form")
public final class FormCodec implements Codec {

    private static final Set<String> MEDIA_TYPES = Types.ordered("application/x-www-form-urlencoded");

    private final JsonCodec json;
    private final Limits limits;

    /** The codec as the framework makes it. */
    @Activate
    public FormCodec(Limits.Config config) {
        this(Limits.of(config));
    }

    /** The codec with the default limits. */
    public FormCodec() {
        this(Limits.DEFAULT);
    }

    FormCodec(Limits limits) {
        this.limits = limits;
        this.json = new JsonCodec(limits);
    }

    @Override
    public Set<String> mediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    public Map<String, Object> decode(byte[] bytes) {
        limits.checkSize(bytes);
        if (bytes.length > 0 && (bytes[0] == '{' || bytes[0] == '[')) {
            // No form that a browser sends begins so; curl calls whatever it is given with -d a form.
            throw Refusal.malformed("this begins like JSON, which is sent as application/json and not as a form", 0);
        }
        Map<String, List<String>> fields = new LinkedHashMap<>();
        int count = 0;
        for (int from = 0; from < bytes.length; ) {
            int to = next(bytes, from, bytes.length, '&');
            int equals = next(bytes, from, to, '=');
            if (to > from) {
                String name = text(bytes, from, equals, limits.key());
                String value = equals < to ? text(bytes, equals + 1, to, limits.text()) : "";
                fields.computeIfAbsent(name, unused -> new ArrayList<>(1)).add(value);
                if (++count > limits.elements()) {
                    throw Refusal.tooLarge("more than " + limits.elements() + " fields", from);
                }
            }
            from = to + 1;
        }
        Map<String, Object> form = new LinkedHashMap<>();
        fields.forEach((name, values) -> form.put(name, values.size() == 1 ? values.get(0) : values));
        return form;
    }

    private static int next(byte[] bytes, int from, int to, char wanted) {
        int at = from;
        while (at < to && bytes[at] != wanted) {
            at++;
        }
        return at;
    }

    private static String text(byte[] bytes, int from, int to, int longest) {
        byte[] decoded = new byte[to - from];
        int length = 0;
        for (int i = from; i < to; i++) {
            int b = bytes[i];
            if (b == '%') {
                int high = i + 2 < to ? Character.digit(bytes[i + 1], 16) : -1;
                int low = i + 2 < to ? Character.digit(bytes[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw Refusal.malformed("a % without two hexadecimal digits", i);
                }
                b = high << 4 | low;
                i += 2;
            } else if (b == '+') {
                b = ' ';
            }
            decoded[length++] = (byte) b;
        }
        if (length > longest) {
            throw Refusal.tooLarge("a name or value of more than " + longest + " bytes", from);
        }
        if (Utf8.firstBad(decoded, 0, length) >= 0) {
            throw Refusal.malformed("a name or value that is not UTF-8", from);
        }
        return Utf8.text(decoded, 0, length);
    }

    /** Writes an object; values in it that are no text as JSON. */
    @Override
    public byte[] encode(@Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new Failure(Failure.Code.UNSUPPORTED, "only an object can be written as a form");
        }
        List<String> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object content = entry.getValue();
            Collection<?> values = content instanceof Collection<?> list ? list : Arrays.asList(content);
            for (Object element : values) {
                pairs.add(encoded(String.valueOf(entry.getKey())) + "=" + encoded(text(element)));
            }
        }
        return String.join("&", pairs).getBytes(StandardCharsets.US_ASCII);
    }

    private String text(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof String text) {
            return text;
        }
        String text = Utf8.text(json.encode(value));
        return text.startsWith("\"") ? text.substring(1, text.length() - 1) : text;
    }

    private static String encoded(String text) {
        if (Utf8.loneSurrogate(text)) {
            throw new Failure(Failure.Code.MALFORMED, "a text has a lone surrogate");
        }
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}

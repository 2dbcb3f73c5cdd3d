// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Property;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What MQTT calls user properties and AMQP application properties: a field {@code Tarn-Property: name=value} for each, in
 * order, both with everything but letters, digits and {@code -._~} as RFC 3986 §2.1 encodes it.
 */
final class UserProperties {

    static final String FIELD = "Tarn-Property";

    /** Bytes of all of them in an answer: clients and proxies take little more than that; further ones are left out. */
    private static final int MOST_BYTES = 6_000;

    private UserProperties() {}

    /** Adds them to an answer. */
    static void put(HttpHeaders headers, List<Property> properties) {
        int bytes = 0;
        for (Property property : properties) {
            String field = encoded(property.name()) + "=" + encoded(property.value());
            bytes += FIELD.length() + field.length();
            if (bytes > MOST_BYTES) {
                return;
            }
            headers.add(FIELD, field);
        }
    }

    /**
     * Those of a request.
     *
     * @throws Failure MALFORMED when one cannot be read
     */
    static List<Property> of(HttpHeaders headers) {
        List<String> fields = headers.getAll(FIELD);
        if (fields.isEmpty()) {
            return List.of();
        }
        List<Property> properties = new ArrayList<>(fields.size());
        for (String field : fields) {
            int equals = field.indexOf('=');
            if (equals < 0) {
                throw new Failure(Failure.Code.MALFORMED, FIELD + " is name=value");
            }
            properties.add(new Property(decoded(field.substring(0, equals)), decoded(field.substring(equals + 1))));
        }
        return properties;
    }

    private static String encoded(String text) {
        StringBuilder encoded = new StringBuilder(text.length() + 8);
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            char letter = (char) (one & 0xff);
            if (letter < 0x80 && (Character.isLetterOrDigit(letter) || "-._~".indexOf(letter) >= 0)) {
                encoded.append(letter);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(letter >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(letter & 15, 16)));
            }
        }
        return encoded.toString();
    }

    private static String decoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (letter == '%') {
                int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new Failure(Failure.Code.MALFORMED, FIELD + " has a % without two hexadecimal digits");
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else if (letter > ' ' && letter < 0x7f) {
                bytes.write(letter);
            } else {
                throw new Failure(Failure.Code.MALFORMED, FIELD + " has a letter that is not encoded");
            }
        }
        String decoded = bytes.toString(StandardCharsets.UTF_8);
        if (decoded.indexOf('\ufffd') >= 0 || decoded.indexOf('\0') >= 0) {
            throw new Failure(Failure.Code.MALFORMED, FIELD + " is not UTF-8 that other protocols can pass on");
        }
        return decoded;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * How much of a body is read before it is refused with TOO_LARGE.
 *
 * @param depth lists, maps and tags within one another
 * @param size bytes of a whole body
 * @param digits of one number, and the greatest decimal exponent is six times as large
 * @param text bytes of one text or byte string
 * @param key bytes of one key
 * @param elements values in one body, those in lists and maps included: bounds the memory that few bytes can cost
 */
record Limits(int depth, int size, int digits, int text, int key, int elements) {

    static final Limits DEFAULT = new Limits(256, 64 << 20, 1_000, 16 << 20, 8_192, 1_000_000);

    /** Settings that all formats share. */
    @ObjectClassDefinition(name = "Formats of bodies")
    @interface Config {
        @AttributeDefinition(description = "Lists, maps and tags within one another, at most; 1 to 1,000")
        int depth() default 256;

        @AttributeDefinition(description = "Bytes of one body, at most")
        int size() default 64 << 20;

        @AttributeDefinition(description = "Digits of one number, at most; 20 to 100,000")
        int digits() default 1_000;

        @AttributeDefinition(description = "Bytes of one text or byte string, at most")
        int text() default 16 << 20;

        @AttributeDefinition(description = "Bytes of one key, at most")
        int key() default 8_192;

        @AttributeDefinition(description = "Values in one body, at most, those in lists and maps included")
        int elements() default 1_000_000;
    }

    Limits {
        between("depth", depth, 1, 1_000);
        between("size", size, 1, 1 << 30);
        between("digits", digits, 20, 100_000);
        between("text", text, 1, 1 << 30);
        between("key", key, 1, 1 << 20);
        between("elements", elements, 1, 1 << 30);
    }

    static Limits of(Config config) {
        return new Limits(
                config.depth(), config.size(), config.digits(), config.text(), config.key(), config.elements());
    }

    /** The greatest power of ten, up or down, that a number may have. */
    int exponent() {
        return 6 * digits;
    }

    /** The most bytes that a whole number of {@link #digits} digits needs. */
    int numberBytes() {
        return (int) (digits * 0.41525) + 2;
    }

    /** Refuses a body that is larger than allowed, before anything is read. */
    void checkSize(byte[] bytes) {
        if (bytes.length > size) {
            throw new Failure(
                    Failure.Code.TOO_LARGE, "the body has " + bytes.length + " bytes, the most allowed is " + size);
        }
    }

    private static void between(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must be between " + least + " and " + most + ", not " + value);
        }
    }
}

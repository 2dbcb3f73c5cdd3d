// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/** Strict UTF-8 as Unicode and RFC 3629 define it: nothing overlong, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
    private Utf8() {}

    /** Whether these bytes are a legal MQTT string: well-formed UTF-8 without U+0000. */
    static boolean legal(byte[] bytes) {
        return wellFormed(bytes, false);
    }

    /** Whether these bytes are well-formed UTF-8; U+0000 is as good as any, as in a payload [MQTT-3.3.2-4]. */
    static boolean wellFormed(byte[] bytes) {
        return wellFormed(bytes, true);
    }

    private static boolean wellFormed(byte[] bytes, boolean zero) {
        int i = 0;
        while (i < bytes.length) {
            int b = bytes[i++];
            if (b > 0 || (b == 0 && zero)) {
                continue;
            }
            int lead = b & 0xFF;
            int following = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
            if (lead < 0xC2 || lead > 0xF4 || bytes.length - i < following) {
                return false;
            }
            // The second byte is what tells overlong forms, surrogates and values above U+10FFFF (RFC 3629 §4).
            int second = bytes[i] & 0xFF;
            int least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            int greatest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            if (second < least || second > greatest) {
                return false;
            }
            for (int end = i + following, j = i + 1; j < end; j++) {
                if ((bytes[j] & 0xC0) != 0x80) {
                    return false;
                }
            }
            i += following;
        }
        return true;
    }
}

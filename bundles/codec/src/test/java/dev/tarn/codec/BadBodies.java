// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure.Code;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Hostile and clumsy bodies, one a line: what is wrong, the bytes, how they are refused and what the answer says. */
final class BadBodies {

    static final JsonCodec JSON = new JsonCodec();
    static final CborCodec CBOR = new CborCodec();
    static final MessagePackCodec PACK = new MessagePackCodec();

    private BadBodies() {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Bad(String name, Format format, byte[] bytes, Code code, String says) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Bad json(String name, String text, Code code, String says) {
        return new Bad("JSON: " + name, JSON, text.getBytes(StandardCharsets.UTF_8), code, says);
    }

    private static Bad jsonBytes(String name, String hex, Code code, String says) {
        return new Bad("JSON: " + name, JSON, hex(hex), code, says);
    }

    private static Bad cbor(String name, String hex, Code code, String says) {
        return new Bad("CBOR: " + name, CBOR, hex(hex), code, says);
    }

    private static Bad pack(String name, String hex, Code code, String says) {
        return new Bad("MessagePack: " + name, PACK, hex(hex), code, says);
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] filled(String head, int length, int value) {
        byte[] start = hex(head);
        byte[] bytes = Arrays.copyOf(start, start.length + length);
        Arrays.fill(bytes, start.length, bytes.length, (byte) value);
        return bytes;
    }

    static List<Bad> all() {
        List<Bad> all = new ArrayList<>();
        all.addAll(jsonSyntax());
        all.addAll(jsonLimits());
        all.addAll(cborSyntax());
        all.addAll(cborLimits());
        all.addAll(packs());
        return all;
    }

    private static List<Bad> jsonSyntax() {
        return List.of(
                json("nothing", "", Code.MALFORMED, "empty"),
                json("only spaces", " \n ", Code.MALFORMED, "empty"),
                json("cut off in a list", "[1,", Code.MALFORMED, "line 1"),
                json("cut off in a map", "{\"a\":\n{\"b\":1", Code.MALFORMED, "line 2"),
                json("cut off in a key", "{\"a", Code.MALFORMED, "line 1 column 4"),
                json("cut off in a text", "\"abc", Code.MALFORMED, "line 1"),
                json("cut off in a word", "tru", Code.MALFORMED, "line 1"),
                json("two values", "1 2", Code.MALFORMED, "line 1"),
                json("a bracket too many", "[]]", Code.MALFORMED, "line 1"),
                json("lines after the end", "{}\n\ndata: x", Code.MALFORMED, "line 3"),
                json("a comma too many", "[1,]", Code.MALFORMED, "line 1 column 4"),
                json("a comma too many in a map", "{\"a\":1,}", Code.MALFORMED, "line 1 column 8"),
                json("a key without quotes", "{a:1}", Code.MALFORMED, "line 1 column 2"),
                json("single quotes", "{'a':1}", Code.MALFORMED, "line 1 column 2"),
                json("a comment", "[1/*x*/]", Code.MALFORMED, "line 1 column 3"),
                json("a key twice", "{\"a\":1,\n \"a\":2}", Code.MALFORMED, "\"a\" comes twice, at line 2"),
                json("a key twice, once escaped", "{\"a\":1,\"\\u0061\":null}", Code.MALFORMED, "comes twice"),
                json("a key twice, null first", "{\"a\":null,\"b\":0,\"a\":null}", Code.MALFORMED, "comes twice"),
                json("a key twice among many", manyKeys(), Code.MALFORMED, "\"k17\" comes twice"),
                json("a terminal's escape in a key", "{\"\\u001b[2J\":1,\"\\u001b[2J\":1}", Code.MALFORMED, "\"?[2J\""),
                json("NaN", "[NaN]", Code.MALFORMED, "line 1"),
                json("Infinity", "Infinity", Code.MALFORMED, "line 1"),
                json("minus Infinity", "-Infinity", Code.MALFORMED, "line 1"),
                json("a zero before a number", "01", Code.MALFORMED, "line 1"),
                json("a plus before a number", "+1", Code.MALFORMED, "line 1"),
                json("a number without digits", "-", Code.MALFORMED, "line 1"),
                json("a fraction without digits", "1.", Code.MALFORMED, "line 1"),
                json("a fraction without a whole", ".5", Code.MALFORMED, "line 1"),
                json("an exponent without digits", "1e", Code.MALFORMED, "line 1"),
                json("hexadecimal", "0x10", Code.MALFORMED, "line 1"),
                json("a tab in a text", "\"a\tb\"", Code.MALFORMED, "line 1"),
                json("a line end in a text", "\"a\nb\"", Code.MALFORMED, "line"),
                json("U+0000 in a text", "\"a\u0000b\"", Code.MALFORMED, "code 0, at line 1 column 3"),
                json("U+001B between values", "[1,\u001B2]", Code.MALFORMED, "code 27, at line 1 column 4"),
                json("an unknown escape", "\"\\x41\"", Code.MALFORMED, "line 1"),
                json("half an escape", "\"\\u00\"", Code.MALFORMED, "line 1"),
                json("a lone high surrogate", "[\"\\ud800\"]", Code.MALFORMED, "surrogate, at line 1"),
                json("a lone low surrogate", "[\"a\\udc00b\"]", Code.MALFORMED, "surrogate"),
                json("surrogates the wrong way round", "\"\\udc00\\ud800\"", Code.MALFORMED, "surrogate"),
                json("two high surrogates", "\"\\ud800\\ud800\\udc00\"", Code.MALFORMED, "surrogate"),
                json("a lone surrogate in a key", "{\"\\udfff\":1}", Code.MALFORMED, "surrogate"),
                jsonBytes("a surrogate as UTF-8", "22 ED A0 80 22", Code.MALFORMED, "UTF-8, at line 1 column 2"),
                jsonBytes("an overlong NUL", "22 C0 80 22", Code.MALFORMED, "UTF-8"),
                jsonBytes("an overlong slash", "22 E0 80 AF 22", Code.MALFORMED, "UTF-8"),
                jsonBytes("above U+10FFFF", "22 F4 90 80 80 22", Code.MALFORMED, "UTF-8"),
                jsonBytes("five bytes", "22 F8 88 80 80 80 22", Code.MALFORMED, "UTF-8"),
                jsonBytes("a lone continuation", "22 80 22", Code.MALFORMED, "UTF-8"),
                jsonBytes("a cut sequence", "22 E2 82", Code.MALFORMED, "UTF-8"),
                jsonBytes("Latin-1", "0A 0A 22 78 FC 22", Code.MALFORMED, "UTF-8, at line 3 column 3"),
                jsonBytes("UTF-16", "FE FF 00 5B 00 5D", Code.MALFORMED, "UTF-8"),
                jsonBytes("UTF-16 without a mark", "5B 00 31 00 5D 00", Code.MALFORMED, "code 0"),
                jsonBytes("UTF-32", "00 00 00 5B 00 00 00 5D", Code.MALFORMED, "code 0"));
    }

    private static String manyKeys() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < 40; i++) {
            text.append("\"k").append(i).append("\":0,");
        }
        return text.append("\"k17\":1}").toString();
    }

    private static List<Bad> jsonLimits() {
        String lists = "[".repeat(100_000);
        return List.of(
                json("lists 100,000 deep", lists, Code.TOO_LARGE, "line 1"),
                json("lists 100,000 deep and back", lists + "]".repeat(100_000), Code.TOO_LARGE, "line 1"),
                json("maps 100,000 deep", "{\"a\":".repeat(100_000), Code.TOO_LARGE, "line 1"),
                json("257 deep", "[".repeat(257) + "]".repeat(257), Code.TOO_LARGE, "line 1"),
                json("1e999999999", "1e999999999", Code.TOO_LARGE, "exponent"),
                json("1e-999999999", "[1e-999999999]", Code.TOO_LARGE, "exponent"),
                json("1e9999999999999", "1e9999999999999", Code.TOO_LARGE, "exponent"),
                json("1e-99999999999999999999", "1e-99999999999999999999", Code.TOO_LARGE, "exponent"),
                json("a fraction to 10^-6001", "1e-6001", Code.TOO_LARGE, "exponent"),
                json("1,100 digits", "1".repeat(1_100), Code.TOO_LARGE, "line 1"),
                json("1,100 digits of a fraction", "0." + "1".repeat(1_100), Code.TOO_LARGE, "line 1"),
                json("a number of 1 MB", "1".repeat(1 << 20), Code.TOO_LARGE, "line 1"),
                json("an exponent of 1 MB", "1e" + "0".repeat(1 << 20) + "1", Code.TOO_LARGE, "line 1"),
                json("a text of 17 MB", "\"" + "x".repeat(17 << 20) + "\"", Code.TOO_LARGE, "line 1"),
                json("a key of 1 MB", "{\"" + "x".repeat(1 << 20) + "\":1}", Code.TOO_LARGE, "line 1"),
                json("a million and one values", "[" + "1,".repeat(1_000_000) + "1]", Code.TOO_LARGE, "1000000 values"),
                new Bad(
                        "JSON: 65 MB",
                        JSON,
                        filled("22", 65 << 20, 'x'),
                        Code.TOO_LARGE,
                        "the most allowed is 67108864"));
    }

    private static List<Bad> cborSyntax() {
        return List.of(
                cbor("nothing", "", Code.MALFORMED, "empty"),
                cbor("two values", "01 02", Code.MALFORMED, "at byte 1"),
                cbor("a cut number", "1B 00 00", Code.MALFORMED, "byte 3"),
                cbor("a cut list", "82 01", Code.MALFORMED, "at byte 0"),
                cbor("a cut list in a list", "82 82 01 02", Code.MALFORMED, "byte 4"),
                cbor("a cut map", "A1 61 61", Code.MALFORMED, "byte 3"),
                cbor("a cut text", "63 61 62", Code.MALFORMED, "byte 0"),
                cbor("a cut list of unknown length", "9F 01", Code.MALFORMED, "byte 2"),
                cbor("a map that breaks after a key", "BF 61 61 FF", Code.MALFORMED, "byte 3"),
                cbor("a break alone", "FF", Code.MALFORMED, "break"),
                cbor("a break in a list of known length", "81 FF", Code.MALFORMED, "byte 1"),
                cbor("reserved detail 28", "1C", Code.MALFORMED, "byte 0"),
                cbor("reserved detail 30 of a text", "7E", Code.MALFORMED, "byte 0"),
                cbor("a whole number of unknown length", "1F", Code.MALFORMED, "byte 0"),
                cbor("a tag of unknown length", "DF 00", Code.MALFORMED, "byte 0"),
                cbor("a number as key", "A1 01 02", Code.MALFORMED, "key that is not text, at byte 1"),
                cbor("bytes as key", "A1 41 61 02", Code.MALFORMED, "key"),
                cbor("null as key", "A1 F6 02", Code.MALFORMED, "key"),
                cbor("a list as key", "A1 80 02", Code.MALFORMED, "key"),
                cbor("a tagged text as key", "A1 C0 61 61 02", Code.MALFORMED, "key"),
                cbor("a number as key in a map of unknown length", "BF 01 02 FF", Code.MALFORMED, "key"),
                cbor("a key twice", "A2 61 61 01 61 61 02", Code.MALFORMED, "\"a\" comes twice, at byte 4"),
                cbor("a key twice, once in chunks", "A2 61 61 01 7F 61 61 FF 02", Code.MALFORMED, "comes twice"),
                cbor("half NaN", "F9 7E 00", Code.MALFORMED, "NaN"),
                cbor("float NaN", "FA 7F C0 00 00", Code.MALFORMED, "NaN"),
                cbor("double NaN", "FB 7F F8 00 00 00 00 00 00", Code.MALFORMED, "NaN"),
                cbor(
                        "infinity",
                        "81 F9 7C 00",
                        Code.MALFORMED,
                        "Infinity is not a number that a body can hold, at byte 1"),
                cbor("minus infinity", "FB FF F0 00 00 00 00 00 00", Code.MALFORMED, "-Infinity"),
                cbor("undefined", "F7", Code.MALFORMED, "simple value"),
                cbor("simple value 16", "F0", Code.MALFORMED, "simple value"),
                cbor("simple value 255", "F8 FF", Code.MALFORMED, "simple value"),
                cbor("a surrogate", "63 ED A0 80", Code.MALFORMED, "UTF-8, at byte 1"),
                cbor("an overlong NUL", "62 C0 80", Code.MALFORMED, "UTF-8"),
                cbor("above U+10FFFF", "64 F4 90 80 80", Code.MALFORMED, "UTF-8"),
                cbor("Latin-1 in a key", "A1 61 FC 01", Code.MALFORMED, "UTF-8, at byte 2"),
                cbor("a character split over chunks", "7F 61 C3 61 BC FF", Code.MALFORMED, "UTF-8"),
                cbor("a chunk of bytes in a text", "7F 41 61 FF", Code.MALFORMED, "chunk"),
                cbor("a number as chunk", "5F 01 FF", Code.MALFORMED, "chunk"),
                cbor("a chunk of unknown length", "5F 5F 41 61 FF FF", Code.MALFORMED, "chunk"),
                cbor("chunks without end", "5F 41 61", Code.MALFORMED, "byte 3"),
                cbor("a date that is none", "C0 63 61 62 63", Code.MALFORMED, "tag 0"),
                cbor("a date that is a number", "C0 01", Code.MALFORMED, "tag 0"),
                cbor("a date in chunks", "C0 7F FF", Code.MALFORMED, "tag 0"),
                cbor("seconds that are text", "C1 61 31", Code.MALFORMED, "tag 1"),
                cbor("seconds that are NaN", "C1 F9 7E 00", Code.MALFORMED, "moment"),
                cbor("seconds without bound", "C1 1B FF FF FF FF FF FF FF FF", Code.MALFORMED, "moment"),
                cbor("seconds beyond what a clock has", "C1 1B 7F FF FF FF FF FF FF FF", Code.MALFORMED, "moment"),
                cbor("1e300 seconds", "C1 FB 7E 37 E4 3C 88 00 75 9C", Code.MALFORMED, "moment"),
                cbor("a big number that is text", "C2 61 31", Code.MALFORMED, "tag 2"),
                cbor("a decimal that is a number", "C4 01", Code.MALFORMED, "tag 4"),
                cbor("a decimal of three", "C4 83 01 02 03", Code.MALFORMED, "tag 4"),
                cbor("a decimal of texts", "C4 82 61 31 01", Code.MALFORMED, "tag 4"),
                cbor("a bigfloat", "C5 82 01 02", Code.MALFORMED, "tag 5"),
                cbor("a tag without content", "C6", Code.MALFORMED, "byte 1"));
    }

    private static List<Bad> cborLimits() {
        return List.of(
                cbor("2^63-1 bytes", "5B 7F FF FF FF FF FF FF FF", Code.TOO_LARGE, "byte 0"),
                cbor("2^64-1 bytes", "5B FF FF FF FF FF FF FF FF", Code.TOO_LARGE, "byte 0"),
                cbor("2^31-1 bytes", "5A 7F FF FF FF", Code.TOO_LARGE, "byte 0"),
                cbor("16 MB that are not there", "5A 01 00 00 00", Code.MALFORMED, "0 bytes are left, at byte 0"),
                cbor("2^64-1 characters", "7B FF FF FF FF FF FF FF FF", Code.TOO_LARGE, "byte 0"),
                cbor("2^63-1 elements", "9B 7F FF FF FF FF FF FF FF", Code.MALFORMED, "9223372036854775807"),
                cbor("2^64-1 elements", "9B FF FF FF FF FF FF FF FF", Code.MALFORMED, "18446744073709551615"),
                cbor("2^31 elements", "9A 80 00 00 00 01 02", Code.MALFORMED, "byte 0"),
                cbor("2^63 entries", "BB 80 00 00 00 00 00 00 00", Code.MALFORMED, "byte 0"),
                cbor("2^31-1 entries", "BA 7F FF FF FF 61 61 01", Code.MALFORMED, "byte 0"),
                cbor("a chunk of 2^63-1", "5F 5B 7F FF FF FF FF FF FF FF", Code.TOO_LARGE, "byte 1"),
                cbor("a key of 2^63-1", "A1 7B 7F FF FF FF FF FF FF FF", Code.MALFORMED, "byte 1"),
                new Bad("CBOR: 9F 100,000 times", CBOR, filled("", 100_000, 0x9F), Code.TOO_LARGE, "at byte 256"),
                new Bad("CBOR: 81 100,000 times", CBOR, filled("", 100_000, 0x81), Code.TOO_LARGE, "at byte 256"),
                new Bad("CBOR: tags 100,000 deep", CBOR, filled("", 100_000, 0xC6), Code.TOO_LARGE, "at byte 256"),
                new Bad("CBOR: 5F 100,000 times", CBOR, filled("", 100_000, 0x5F), Code.MALFORMED, "chunk"),
                new Bad("CBOR: lists that all claim the rest", CBOR, claims(), Code.TOO_LARGE, "within one another"),
                new Bad("CBOR: a million empty chunks", CBOR, filled("5F", 1_000_001, 0x40), Code.TOO_LARGE, "values"),
                new Bad(
                        "CBOR: a million and more nulls",
                        CBOR,
                        filled("9F", 1_000_001, 0xF6),
                        Code.TOO_LARGE,
                        "values"),
                new Bad(
                        "CBOR: a bignum of 63 MB",
                        CBOR,
                        filled("C2 5A 03 F0 00 00", 63 << 20, 1),
                        Code.TOO_LARGE,
                        "digits"),
                new Bad("CBOR: a bignum of 500 bytes", CBOR, filled("C3 59 01 F4", 500, 1), Code.TOO_LARGE, "digits"),
                new Bad("CBOR: a bignum in chunks", CBOR, filled("C2 5F 58 C8", 1_000, 0x58), Code.TOO_LARGE, "bytes"),
                new Bad("CBOR: a key of 9,000 bytes", CBOR, filled("A1 79 23 28", 9_001, 'x'), Code.TOO_LARGE, "key"),
                new Bad("CBOR: a text of 17 MB", CBOR, filled("7A 01 10 00 00", 17 << 20, 'x'), Code.TOO_LARGE, "text"),
                cbor("a decimal to 10^2^31", "C4 82 1A 7F FF FF FF 01", Code.TOO_LARGE, "exponent"),
                cbor("a decimal to 10^-2^63", "C4 82 3B 7F FF FF FF FF FF FF FF 01", Code.TOO_LARGE, "exponent"),
                cbor("a decimal to 10^(2^72)", "C4 82 C2 49 01 00 00 00 00 00 00 00 00 01", Code.TOO_LARGE, "exponent"),
                new Bad("CBOR: 65 MB", CBOR, filled("", 65 << 20, 0), Code.TOO_LARGE, "the most allowed"));
    }

    /** 1 MB of heads of lists, each of which claims as many elements as there are bytes left. */
    private static byte[] claims() {
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i + 5 <= bytes.length; i += 5) {
            int left = bytes.length - i - 5;
            bytes[i] = (byte) 0x9A;
            bytes[i + 1] = (byte) (left >> 24);
            bytes[i + 2] = (byte) (left >> 16);
            bytes[i + 3] = (byte) (left >> 8);
            bytes[i + 4] = (byte) left;
        }
        return bytes;
    }

    private static List<Bad> packs() {
        return List.of(
                pack("nothing", "", Code.MALFORMED, "empty"),
                pack("two values", "01 02", Code.MALFORMED, "at byte 1"),
                pack("C1", "C1", Code.MALFORMED, "C1"),
                pack("DD FF FF FF FF", "DD FF FF FF FF", Code.MALFORMED, "4294967295"),
                pack("C6 FF FF FF FF", "C6 FF FF FF FF", Code.TOO_LARGE, "byte 0"),
                pack("DB FF FF FF FF", "DB FF FF FF FF", Code.TOO_LARGE, "byte 0"),
                pack("DF 7F FF FF FF", "DF 7F FF FF FF", Code.MALFORMED, "byte 0"),
                pack("C9 FF FF FF FF", "C9 FF FF FF FF FF", Code.TOO_LARGE, "byte 0"),
                pack("16 MB that are not there", "C6 01 00 00 00", Code.MALFORMED, "0 bytes are left"),
                pack("65,535 elements that are not there", "DC FF FF C0", Code.MALFORMED, "byte 0"),
                pack("a cut number", "CF 00", Code.MALFORMED, "byte 2"),
                pack("a cut text", "A3 61", Code.MALFORMED, "byte 0"),
                pack("a cut list", "92 01", Code.MALFORMED, "byte 0"),
                pack("a cut map", "81 A1 61", Code.MALFORMED, "byte 3"),
                pack("a number as key", "81 01 02", Code.MALFORMED, "key that is not text, at byte 1"),
                pack("bytes as key", "81 C4 01 61 02", Code.MALFORMED, "key"),
                pack("null as key", "81 C0 02", Code.MALFORMED, "key"),
                pack("a key twice", "82 A1 61 01 A1 61 02", Code.MALFORMED, "\"a\" comes twice, at byte 4"),
                pack("a key twice in two forms", "82 A1 61 01 D9 01 61 02", Code.MALFORMED, "comes twice"),
                pack("float NaN", "CA 7F C0 00 00", Code.MALFORMED, "NaN"),
                pack("double infinity", "CB 7F F0 00 00 00 00 00 00", Code.MALFORMED, "Infinity"),
                pack("a surrogate", "A3 ED A0 80", Code.MALFORMED, "UTF-8, at byte 1"),
                pack("an overlong NUL", "A2 C0 80", Code.MALFORMED, "UTF-8"),
                pack("Latin-1 in a key", "81 A1 FC 01", Code.MALFORMED, "UTF-8"),
                pack("an unknown extension", "D4 05 00", Code.MALFORMED, "type 5"),
                pack("a timestamp of 5 bytes", "C7 05 FF 00 00 00 00 00", Code.MALFORMED, "timestamp of 5"),
                pack("a timestamp of 1 byte", "D4 FF 00", Code.MALFORMED, "timestamp of 1"),
                pack(
                        "a timestamp with 2^30-1 nanoseconds",
                        "D7 FF FF FF FF FC 00 00 00 00",
                        Code.MALFORMED,
                        "nanoseconds"),
                pack(
                        "a timestamp with -1 nanoseconds",
                        "C7 0C FF FF FF FF FF 00 00 00 00 00 00 00 00",
                        Code.MALFORMED,
                        "nano"),
                pack(
                        "a timestamp beyond what a clock has",
                        "C7 0C FF 00 00 00 00 7F FF FF FF FF FF FF FF",
                        Code.MALFORMED,
                        "far"),
                pack("a cut timestamp", "D6 FF 00 00", Code.MALFORMED, "byte 0"),
                new Bad(
                        "MessagePack: 91 100,000 times",
                        PACK,
                        filled("", 100_000, 0x91),
                        Code.TOO_LARGE,
                        "at byte 256"),
                new Bad(
                        "MessagePack: 100,000 heads of 32 bits",
                        PACK,
                        packClaims(),
                        Code.TOO_LARGE,
                        "within one another"),
                new Bad(
                        "MessagePack: a key of 9,000 bytes",
                        PACK,
                        filled("81 DA 23 28", 9_001, 'x'),
                        Code.TOO_LARGE,
                        "key"),
                new Bad(
                        "MessagePack: a text of 17 MB",
                        PACK,
                        filled("DB 01 10 00 00", 17 << 20, 'x'),
                        Code.TOO_LARGE,
                        "text"),
                new Bad(
                        "MessagePack: values",
                        PACK,
                        filled("DD 00 0F 42 41", 1_000_001, 0xC0),
                        Code.TOO_LARGE,
                        "values"),
                new Bad("MessagePack: 65 MB", PACK, filled("", 65 << 20, 0), Code.TOO_LARGE, "the most allowed"));
    }

    private static byte[] packClaims() {
        byte[] bytes = claims();
        for (int i = 0; i < bytes.length; i += 5) {
            bytes[i] = (byte) 0xDD;
        }
        return bytes;
    }
}
